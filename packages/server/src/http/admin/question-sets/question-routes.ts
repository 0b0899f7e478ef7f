/** `/organizations/{org_id}/question-sets/{id}/questions`: questions are added and removed one by one. */
import type { Static } from 'typebox';
import { invalid, notFound } from '../../../domain/errors.ts';
import { maxQuestionTurns } from '../../../domain/evaluation/question-set.ts';
import { newId } from '../../../domain/ids.ts';
import type { OrganizationScope } from '../../../domain/scope.ts';
import { normalizeNewlines } from '../../../domain/text/newlines.ts';
import type { AddQuestion } from '../../../store/commands/question-sets.ts';
import {
  findFirstQuestions,
  findQuestion,
  findQuestionsAmong,
} from '../../../store/queries/question-sets.ts';
import { answer, created, gone } from '../../openapi/answers.ts';
import { exampleId, messageBodyLimit } from '../../openapi/fields.ts';
import { type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { adminPath, locationOf, organizationPath, refusals, tags } from '../schema.ts';
import { AddQuestionBody, Question, QuestionParams, QuestionSetParams, toQuestion } from './schema.ts';

const access = 'organization-admin';
const path = `${organizationPath}/question-sets/:id/questions`;

export function questionRoutes({ store, now }: AdminDependencies): readonly Route[] {
  /** @throws AppError invalid_request, not_found */
  async function sourceOf(
    scope: OrganizationScope,
    body: Static<typeof AddQuestionBody>,
  ): Promise<AddQuestion['from']> {
    const { turns, conversation_id: given, message_ids: chosen, session_id: sessionId } = body;
    if ((turns === undefined) === (given === undefined)) {
      const field = turns === undefined ? 'turns' : 'conversation_id';
      throw invalid(field, 'a question is added by either turns or conversation_id');
    }
    if (turns !== undefined && sessionId !== undefined)
      throw invalid('session_id', 'session_id is given only with conversation_id');
    if (chosen !== undefined && (turns !== undefined || sessionId !== undefined))
      throw invalid('message_ids', 'message_ids is given only with conversation_id, and without session_id');
    if (turns !== undefined) return { turns: turns.map(normalizeNewlines) };
    const conversationId = (given ?? '').toLowerCase();
    if (chosen !== undefined) return chosenFrom(scope, conversationId, chosen);
    const place = { conversationId, sessionId: sessionId?.toLowerCase() };
    const messageIds = await findFirstQuestions(store.reads, scope, place);
    if (messageIds === undefined) throw notFound(sessionId === undefined ? 'conversation' : 'session');
    if (messageIds.length === 0)
      throw invalid('conversation_id', 'conversation_id: the user has written nothing in this conversation');
    return { conversationId, messageIds };
  }

  /** @throws AppError invalid_request, not_found */
  async function chosenFrom(
    scope: OrganizationScope,
    conversationId: string,
    chosen: readonly string[],
  ): Promise<AddQuestion['from']> {
    const messageIds = chosen.map((id) => id.toLowerCase());
    const asked = await findQuestionsAmong(store.reads, scope, conversationId, messageIds);
    if (asked === undefined) throw notFound('conversation');
    for (const [index, id] of messageIds.entries()) {
      const field = `message_ids.${index}`;
      if (messageIds.indexOf(id) !== index) throw invalid(field, `${field} stands in the list twice`);
      if (!asked.has(id))
        throw invalid(field, `${field} must be a message of the user in the conversation, with words`);
    }
    return { conversationId, messageIds };
  }

  return [
    route({
      method: 'POST',
      path,
      access,
      bodyLimit: messageBodyLimit,
      schema: {
        tags,
        operationId: 'addQuestion',
        summary: 'Add a question at the end of a set',
        description: `Of a conversation, the messages that are named are taken, or the first ${maxQuestionTurns} of the user that have words. They go from the set when they, or the conversation, are deleted, also by retention and erasure.`,
        params: QuestionSetParams,
        body: AddQuestionBody,
        response: {
          201: created(answer('The new question.', Question), {
            description: 'The path of the set.',
            example: `${adminPath}/organizations/${exampleId}/question-sets/${exampleId}`,
          }),
          ...refusals,
        },
      },
      async handler(request, reply) {
        const { scope, params, body } = request;
        const id = params.id.toLowerCase();
        const { result } = await store.changeOnce(request, 'addQuestion', {
          organizationId: scope.organizationId,
          id,
          questionId: newId(),
          from: await sourceOf(scope, body),
          now: now(),
        });
        const question = await findQuestion(store.reads, id, result.id);
        if (question === undefined) throw notFound('question');
        reply.code(201).header('Location', locationOf(scope, 'question-sets', id));
        return toQuestion(question);
      },
    }),
    route({
      method: 'DELETE',
      path: `${path}/:question_id`,
      access,
      schema: {
        tags,
        operationId: 'deleteQuestion',
        summary: 'Remove a question from a set',
        params: QuestionParams,
        response: { 204: gone, ...refusals },
      },
      async handler(request, reply) {
        const { scope, params } = request;
        await store.change(request, 'deleteQuestion', {
          organizationId: scope.organizationId,
          id: params.id.toLowerCase(),
          questionId: params.question_id.toLowerCase(),
          now: now(),
        });
        return reply.code(204).send(null);
      },
    }),
  ];
}
