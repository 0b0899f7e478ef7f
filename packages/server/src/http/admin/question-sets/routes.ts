/** `/organizations/{org_id}/question-sets` */
import type { Static } from 'typebox';
import { creatorOf } from '../../../auth/principal.ts';
import { invalid, notFound } from '../../../domain/errors.ts';
import { newId } from '../../../domain/ids.ts';
import type { OrganizationScope } from '../../../domain/scope.ts';
import { normalizeNewlines } from '../../../domain/text/newlines.ts';
import type { KeptOrNewQuestion, NewQuestion } from '../../../store/commands/question-sets.ts';
import { nameCreators } from '../../../store/queries/creators.ts';
import { findQuestionSet, listQuestionSets, readQuestions } from '../../../store/queries/question-sets.ts';
import { answer, gone } from '../../openapi/answers.ts';
import { messageBodyLimit } from '../../openapi/fields.ts';
import { type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { PageQuery, pageById, pageOf, toPageResource } from '../page.ts';
import {
  createdAnswer,
  locationOf,
  OrganizationParams,
  organizationPath,
  refusals,
  tags,
} from '../schema.ts';
import {
  CreateQuestionSetBody,
  QuestionSet,
  QuestionSetParams,
  QuestionSetWithQuestions,
  toQuestion,
  toQuestionSet,
  UpdateQuestionSetBody,
} from './schema.ts';

const access = 'organization-admin';
const path = `${organizationPath}/question-sets`;

export function questionSetRoutes({ store, now }: AdminDependencies): readonly Route[] {
  async function get(
    scope: OrganizationScope,
    givenId: string,
  ): Promise<Static<typeof QuestionSetWithQuestions>> {
    const record = await findQuestionSet(store.reads, scope, givenId.toLowerCase());
    if (record === undefined) throw notFound('question set');
    const questions = await readQuestions(store.reads, record.id);
    const named = await nameCreators(store.reads, scope, [record.createdBy]);
    return { ...toQuestionSet(record, named(record.createdBy)), questions: questions.map(toQuestion) };
  }

  return [
    route({
      method: 'POST',
      path,
      access,
      bodyLimit: messageBodyLimit,
      schema: {
        tags,
        operationId: 'createQuestionSet',
        summary: 'Make a set of questions',
        params: OrganizationParams,
        body: CreateQuestionSetBody,
        response: { 201: createdAnswer(answer('The new set.', QuestionSetWithQuestions)), ...refusals },
      },
      async handler(request, reply) {
        const { caller, scope, body } = request;
        const { result } = await store.changeOnce(request, 'createQuestionSet', {
          id: newId(),
          organizationId: scope.organizationId,
          name: body.name,
          questions: (body.questions ?? []).map(({ turns }) => written(turns)),
          createdBy: creatorOf(caller),
          now: now(),
        });
        reply.code(201).header('Location', locationOf(scope, 'question-sets', result.id));
        return get(scope, result.id);
      },
    }),
    route({
      method: 'GET',
      path,
      access,
      schema: {
        tags,
        operationId: 'listQuestionSets',
        summary: 'The sets of questions of an organization',
        params: OrganizationParams,
        querystring: PageQuery,
        response: {
          200: answer('A page of sets, oldest first.', pageOf('QuestionSetList', QuestionSet)),
          ...refusals,
        },
      },
      async handler({ scope, query }) {
        const page = await listQuestionSets(store.reads, scope, pageById(query));
        const creators = page.data.map(({ createdBy }) => createdBy);
        const named = await nameCreators(store.reads, scope, creators);
        return toPageResource(page, (record) => toQuestionSet(record, named(record.createdBy)));
      },
    }),
    route({
      method: 'GET',
      path: `${path}/:id`,
      access,
      schema: {
        tags,
        operationId: 'getQuestionSet',
        summary: 'A set of questions',
        params: QuestionSetParams,
        response: { 200: answer('The set, with its questions.', QuestionSetWithQuestions), ...refusals },
      },
      handler: ({ scope, params }) => get(scope, params.id),
    }),
    route({
      method: 'PATCH',
      path: `${path}/:id`,
      access,
      bodyLimit: messageBodyLimit,
      schema: {
        tags,
        operationId: 'updateQuestionSet',
        summary: 'Rename a set of questions, or replace, order or remove its questions',
        params: QuestionSetParams,
        body: UpdateQuestionSetBody,
        response: { 200: answer('The changed set.', QuestionSetWithQuestions), ...refusals },
      },
      async handler(request) {
        const { scope, params, body } = request;
        const { name, questions } = body;
        const id = params.id.toLowerCase();
        await store.change(request, 'updateQuestionSet', {
          organizationId: scope.organizationId,
          id,
          changes: {
            ...(name !== undefined && { name }),
            ...(questions !== undefined && { questions: questions.map(keptOrNew) }),
          },
          now: now(),
        });
        return get(scope, id);
      },
    }),
    route({
      method: 'DELETE',
      path: `${path}/:id`,
      access,
      schema: {
        tags,
        operationId: 'deleteQuestionSet',
        summary: 'Delete a set of questions',
        params: QuestionSetParams,
        response: { 204: gone, ...refusals },
      },
      async handler(request, reply) {
        const { organizationId } = request.scope;
        const id = request.params.id.toLowerCase();
        await store.change(request, 'deleteQuestionSet', { organizationId, id, now: now() });
        return reply.code(204).send(null);
      },
    }),
  ];
}

function written(turns: readonly string[]): NewQuestion {
  return { id: newId(), turns: turns.map(normalizeNewlines) };
}

/** @throws AppError invalid_request */
function keptOrNew(
  { id, turns }: { readonly id?: string; readonly turns?: readonly string[] },
  index: number,
): KeptOrNewQuestion {
  if (id !== undefined && turns === undefined) return { keptId: id.toLowerCase() };
  if (turns !== undefined && id === undefined) return written(turns);
  const field = `questions.${index}`;
  throw invalid(
    field,
    `${field} must have either the id of a question that stays, or the turns of a new one`,
  );
}
