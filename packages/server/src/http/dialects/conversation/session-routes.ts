/** Sessions of conversations: one is created, answers messages, and is completed. */
import type { FastifyReply } from 'fastify';
import { requireModelChoice, requireWrite } from '../../../auth/permissions.ts';
import { invalid } from '../../../domain/errors.ts';
import { newId } from '../../../domain/ids.ts';
import { userText } from '../../../generation/turn.ts';
import { behindCalls } from '../../../generation/turns/tool-results.ts';
import { messageBodyLimit } from '../../openapi/fields.ts';
import { idempotencyClaim } from '../../request/idempotency.ts';
import { type GrantedRequest, type Route, route } from '../../routing/route.ts';
import { isNoReconnect } from '../../streaming/cursor.ts';
import type { DialectDependencies } from '../dialect-module.ts';
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

  return [
    route({
      method: 'POST',
      path: '/api/conversation/create_session',
      access: 'writer',
      schema: documentation.createSession,
      async handler(request) {
        const { caller, scope } = request;
        const { conversation_id: conversationId, model_id: modelId } = request.body;
        requireModelChoice(caller);
        const { result } = await store.executeOnce(
          'createSession',
          { scope, id: newId(), conversationId, modelId, persona: null, now: now() },
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
        return turns.stream(request, reply, 'conversation', () =>
          turns.accept(request, {
            target: { kind: 'session', sessionId, messages: userText(message) },
            dialect: 'conversation',
            whenBusy,
          }),
        );
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
