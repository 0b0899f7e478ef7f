/** `/api/chat/completion` and `/continuation`: turns with a persona, with and without a stream. */
import type { FastifyReply } from 'fastify';
import type { Static } from 'typebox';
import { invalid, notFound } from '../../../domain/errors.ts';
import type { AcceptedGeneration } from '../../../generation/interface.ts';
import { type TurnRequestTarget, userText } from '../../../generation/turn.ts';
import { findSessionBasis } from '../../../store/queries/run-basis.ts';
import { messageBodyLimit } from '../../openapi/fields.ts';
import { type GrantedRequest, type Route, route } from '../../routing/route.ts';
import { isNoReconnect } from '../../streaming/cursor.ts';
import { giveFeedback } from '../../threads/feedback.ts';
import type { DialectDependencies } from '../dialect-module.ts';
import { checkSessionPersona, resolveRevision, selectedPersonaId, selectorOf } from '../persona-selector.ts';
import * as documentation from './documentation.ts';
import type { CompletionBody, ContinuationBody } from './schema.ts';

const access = 'chat';

type Completion = Static<typeof CompletionBody>;
type Continuation = Static<typeof ContinuationBody>;

type ChatRequest = GrantedRequest<'chat'>;

export function chatRoutes({ store, turns, now }: DialectDependencies): readonly Route[] {
  /** Starts a session with a persona. */
  async function complete(request: ChatRequest, body: Completion): Promise<AcceptedGeneration> {
    const persona = await resolveRevision(store.reads, request.caller, selectorOf(body.persona));
    return accept(request, body, { kind: 'new-conversation', persona, messages: userText(body.message) });
  }

  /** Takes another turn of a session. */
  async function continueSession(request: ChatRequest, body: Continuation): Promise<AcceptedGeneration> {
    const { caller, scope } = request;
    const sessionId = sessionOf(body);
    const selected = await selectedPersonaId(store.reads, caller, selectorOf(body.persona));
    const read = await findSessionBasis(store.reads, scope, sessionId);
    if (read === undefined) throw notFound('session');
    checkSessionPersona(caller, read.session, selected);
    const messages = userText(body.message);
    const { parent_id: parentId } = body;
    return accept(request, body, {
      ...{ kind: 'session', sessionId, messages, read },
      ...(parentId !== undefined && { parentId }),
    });
  }

  function accept(
    request: ChatRequest,
    body: Completion,
    target: TurnRequestTarget,
  ): Promise<AcceptedGeneration> {
    return turns.accept(request, {
      target,
      dialect: 'chat',
      whenBusy: body.when_busy ?? 'reject',
      ...(body.metadata != null && { sessionMetadata: body.metadata }),
      ...(body.internet != null && { internet: body.internet }),
      ...(body.max_tokens != null && { maxTokens: body.max_tokens }),
    });
  }

  async function answer(request: ChatRequest, accepted: AcceptedGeneration) {
    const { text, usage, finishReason } = await turns.answer(request, accepted);
    return {
      session_id: accepted.sessionId,
      message_id: accepted.answerMessageId,
      response: text,
      rg_response: { response: text, tokens_used: usage.total_tokens },
      usage,
      finish_reason: finishReason,
    };
  }

  /** A repeated POST with a `Last-Event-ID` is a reconnect, which is decided before its body is validated. */
  async function reconnect(request: ChatRequest, reply: FastifyReply): Promise<unknown> {
    const session = givenSession(request.body);
    return turns.reconnect(request, reply, {
      dialect: 'chat',
      check({ sessionId }) {
        if (session !== undefined && session !== sessionId) {
          throw invalid('session', 'the generation of Last-Event-ID belongs to another session');
        }
      },
    });
  }

  return [
    route({
      method: 'POST',
      path: '/api/chat/completion/stream',
      access,
      bodyLimit: messageBodyLimit,
      schema: documentation.completionStream,
      writes: isNoReconnect,
      preValidation: reconnect,
      handler: async (request, reply) =>
        turns.stream(request, reply, 'chat', () => complete(request, request.body)),
    }),
    route({
      method: 'POST',
      path: '/api/chat/continuation/stream',
      access,
      bodyLimit: messageBodyLimit,
      schema: documentation.continuationStream,
      writes: isNoReconnect,
      preValidation: reconnect,
      handler: async (request, reply) =>
        turns.stream(request, reply, 'chat', () => continueSession(request, request.body)),
    }),
    route({
      method: 'POST',
      path: '/api/chat/completion',
      access,
      bodyLimit: messageBodyLimit,
      schema: documentation.completion,
      handler: async (request, reply) =>
        reply.send(await answer(request, await complete(request, request.body))),
    }),
    route({
      method: 'POST',
      path: '/api/chat/continuation',
      access,
      bodyLimit: messageBodyLimit,
      schema: documentation.continuation,
      handler: async (request, reply) =>
        reply.send(await answer(request, await continueSession(request, request.body))),
    }),
    route({
      method: 'POST',
      path: '/api/chat/feedback',
      access,
      schema: documentation.feedback,
      handler: async (request) => giveFeedback(store, request, request.body, now()),
    }),
  ];
}

/** @throws AppError invalid_request */
function sessionOf(body: Continuation): string {
  const session = body.session ?? body.session_id;
  if (session == null) throw invalid('session', 'session is required');
  if (body.session_id != null && session.toLowerCase() !== body.session_id.toLowerCase()) {
    throw invalid('session_id', 'session and session_id name two different sessions');
  }
  return session.toLowerCase();
}

/** The session that a body names which was not validated. */
function givenSession(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { session, session_id: sessionId } = body as { session?: unknown; session_id?: unknown };
  const given = session ?? sessionId;
  return typeof given === 'string' ? given.toLowerCase() : undefined;
}
