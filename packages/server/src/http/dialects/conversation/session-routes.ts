/** Sessions of conversations: one is created, answers messages, and is completed. */
import type { FastifyReply } from 'fastify';
import { requireModelChoice, requireWrite } from '../../../auth/permissions.ts';
import type { ConversationPrincipal } from '../../../auth/principal.ts';
import { invalid, notFound } from '../../../domain/errors.ts';
import { newId } from '../../../domain/ids.ts';
import type { RevisionReference } from '../../../domain/persona.ts';
import type { Scope } from '../../../domain/scope.ts';
import { userText } from '../../../generation/turn.ts';
import { behindCalls } from '../../../generation/turns/tool-results.ts';
import { findRevision } from '../../../store/queries/personas.ts';
import { messageBodyLimit } from '../../openapi/fields.ts';
import { idempotencyClaim } from '../../request/idempotency.ts';
import { type GrantedRequest, type Route, route } from '../../routing/route.ts';
import { isNoReconnect } from '../../streaming/cursor.ts';
import type { DialectDependencies } from '../dialect-module.ts';
import { type GivenSelector, resolveRevision, selectorOf } from '../persona-selector.ts';
import * as documentation from './documentation.ts';
import { toSessionResource } from './resources.ts';

export function sessionRoutes({ store, turns, now }: DialectDependencies): readonly Route[] {
  /**
   * A repeated POST with a `Last-Event-ID` is a reconnect, which is decided before its body is validated. Guests may
   * reconnect, since that only reads.
   */
  async function reconnect(
    request: GrantedRequest<'conversation'>,
    reply: FastifyReply,
    field: 'chat_session_id' | 'session_id',
  ): Promise<unknown> {
    const given = ((request.body ?? {}) as Readonly<Record<string, unknown>>)[field];
    const attached = await turns.reconnect(request, reply, {
      dialect: 'conversation',
      check({ sessionId }) {
        if (typeof given === 'string' && given.toLowerCase() !== sessionId) {
          throw invalid(field, `the generation of Last-Event-ID belongs to another session than ${field}`);
        }
      },
    });
    if (attached === undefined) requireWrite(request.caller);
    return attached;
  }

  /**
   * What a session is to run on, if the request says so.
   * @throws AppError invalid_request (both a model and a persona), forbidden, not_found
   */
  async function basisOf(
    caller: ConversationPrincipal,
    scope: Scope,
    modelId: string | undefined,
    given: GivenSelector | undefined,
  ): Promise<{ readonly modelId: string; readonly persona: RevisionReference | null } | undefined> {
    const selector = selectorOf(given);
    if (modelId !== undefined && selector !== undefined)
      throw invalid('persona', 'model_id and persona cannot be given together');
    if (modelId !== undefined) {
      requireModelChoice(caller);
      return { modelId: modelId.toLowerCase(), persona: null };
    }
    if (selector === undefined || caller.kind === 'anonymous') return undefined;
    const { personaId, version } = await resolveRevision(store.reads, caller, selector);
    const revision = await findRevision(store.reads, scope, personaId, version);
    if (revision === undefined) throw notFound('persona');
    return { modelId: revision.modelId, persona: { personaId, version } };
  }

  return [
    route({
      method: 'POST',
      path: '/api/conversation/create_session',
      access: 'writer',
      schema: documentation.createSession,
      async handler(request) {
        const { caller, scope } = request;
        const { conversation_id: conversationId, model_id: model, persona, metadata } = request.body;
        const basis = await basisOf(caller, scope, model, persona);
        if (basis === undefined) throw invalid('model_id', 'either model_id or persona is required');
        const { result } = await store.executeOnce(
          'createSession',
          {
            ...{ scope, id: newId(), conversationId, ...basis, now: now() },
            ...(metadata !== undefined && { metadata }),
          },
          idempotencyClaim(request, caller, now()),
        );
        return toSessionResource(result);
      },
    }),
    route({
      method: 'POST',
      path: '/api/conversation/stream_chat',
      access: 'conversation',
      bodyLimit: messageBodyLimit,
      schema: documentation.streamChat,
      writes: isNoReconnect,
      preValidation: (request, reply) => reconnect(request, reply, 'chat_session_id'),
      async handler(request, reply) {
        const { chat_session_id: sessionId, message, when_busy: whenBusy = 'reject' } = request.body;
        const { parent_id: parentId, metadata, internet } = request.body;
        return turns.stream(request, reply, 'conversation', () =>
          turns.accept(request, {
            target: {
              ...{ kind: 'session', sessionId, messages: userText(message, metadata) },
              ...(parentId !== undefined && { parentId }),
            },
            dialect: 'conversation',
            whenBusy,
            ...(internet != null && { internet }),
          }),
        );
      },
    }),
    route({
      method: 'PUT',
      path: '/api/conversation/session',
      access: 'writer',
      schema: documentation.moveHead,
      async handler({ scope, query, body }) {
        const move = { scope, sessionId: query.session_id, messageId: body.head_message_id, now: now() };
        return toSessionResource(await store.execute('moveSessionHead', move));
      },
    }),
    route({
      method: 'POST',
      path: '/api/conversation/fork',
      access: 'writer',
      schema: documentation.fork,
      async handler(request) {
        const { caller, scope, query } = request;
        const { message_id: messageId, model_id: model, persona, metadata } = request.body;
        const basis = await basisOf(caller, scope, model, persona);
        const { result } = await store.executeOnce(
          'forkSession',
          {
            ...{ scope, id: newId(), sessionId: query.session_id, messageId, now: now() },
            ...(basis !== undefined && { basis }),
            ...(metadata !== undefined && { metadata }),
          },
          idempotencyClaim(request, caller, now()),
        );
        return toSessionResource(result);
      },
    }),
    route({
      method: 'POST',
      path: '/api/conversation/tool_results',
      access: 'conversation',
      bodyLimit: messageBodyLimit,
      schema: documentation.toolResults,
      writes: isNoReconnect,
      preValidation: (request, reply) => reconnect(request, reply, 'session_id'),
      async handler(request, reply) {
        const { session_id: sessionId } = request.body;
        const results = request.body.results.map(({ call_id: callId, output }) => ({ callId, output }));
        return turns.stream(request, reply, 'conversation', () =>
          turns.accept(request, {
            findTarget: () => behindCalls(store.reads, request.scope, sessionId, results),
            dialect: 'conversation',
            whenBusy: 'reject',
          }),
        );
      },
    }),
    route({
      method: 'POST',
      path: '/api/conversation/complete_session',
      access: 'writer',
      schema: documentation.completeSession,
      async handler(request) {
        const { caller, scope } = request;
        const { result } = await store.executeOnce(
          'completeSession',
          { scope, id: request.query.session_id, now: now() },
          idempotencyClaim(request, caller, now()),
        );
        return toSessionResource(result);
      },
    }),
  ];
}
