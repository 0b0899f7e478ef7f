/** `/api/conversation`: conversations of an organization, their sessions and messages. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import { invalid, notFound } from '../../../domain/errors.ts';
import { newId } from '../../../domain/ids.ts';
import { normalizeNewlines } from '../../../domain/text/newlines.ts';
import { toTime } from '../../../domain/text/time.ts';
import {
  type ConversationPage,
  findConversation,
  listSessions,
  pageConversations,
} from '../../../store/queries/conversations.ts';
import { pageMessages } from '../../../store/queries/messages.ts';
import { findModel } from '../../../store/queries/models.ts';
import { streamJsonArray } from '../../answer/json-array.ts';
import type { AppPlugin } from '../../openapi/route-plugin.ts';
import { authenticate, conversationPrincipalOf } from '../../request/authentication.ts';
import { idempotencyClaim } from '../../request/idempotency.ts';
import { lastEventId } from '../../streaming/cursor.ts';
import type { DialectDependencies } from '../dialect-module.ts';
import { checkOrganization, checkWriter, writerOf } from './access.ts';
import * as documentation from './documentation.ts';
import { toConversationResource, toMessageResource, toSessionResource } from './resources.ts';
import { ConversationEventSchema, ConversationSchema, SessionSchema } from './schema.ts';

/** Conversations that are read at once of a whole list. */
const listPageSize = 200;
/** Matches of a search at most. */
const maxMatches = 1000;

export function conversationRoutes(dependencies: DialectDependencies): AppPlugin {
  const { store, engine, authenticator, turns, now } = dependencies;

  /** A repeated POST with a `Last-Event-ID` is a reconnect, which only reads: it is decided before its body is validated. */
  async function reconnect(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    if (lastEventId(request) === undefined) return void writerOf(request);
    const { scope } = conversationPrincipalOf(request);
    const given = (request.body as { chat_session_id?: unknown } | null | undefined)?.chat_session_id;
    return turns.reconnect(request, reply, {
      scope,
      dialect: 'conversation',
      check({ sessionId }) {
        if (typeof given === 'string' && given.toLowerCase() !== sessionId) {
          throw invalid(
            'chat_session_id',
            'the generation of Last-Event-ID belongs to another session than chat_session_id',
          );
        }
      },
    });
  }

  return async (app) => {
    for (const schema of [ConversationSchema, SessionSchema, ConversationEventSchema]) app.addSchema(schema);
    app.addHook('onRequest', authenticate({ authenticator }));
    app.addHook('onRequest', checkOrganization);

    app.post('/create', { schema: documentation.create, preValidation: checkWriter }, async (request) => {
      const principal = writerOf(request);
      const { title, is_archived: isArchived = false } = request.body;
      const { result } = await store.executeOnce(
        'createConversation',
        { scope: principal.scope, id: newId(), title: normalizeNewlines(title), isArchived, now: now() },
        idempotencyClaim(request, principal, now()),
      );
      return toConversationResource(result);
    });

    app.post(
      '/create_session',
      { schema: documentation.createSession, preValidation: checkWriter },
      async (request) => {
        const principal = writerOf(request);
        const { conversation_id: conversationId, model_id: modelId } = request.body;
        const { result } = await store.executeOnce(
          'createSession',
          { scope: principal.scope, id: newId(), conversationId, modelId, persona: null, now: now() },
          idempotencyClaim(request, principal, now()),
        );
        return toSessionResource(result);
      },
    );

    app.post(
      '/stream_chat',
      { schema: documentation.streamChat, preValidation: reconnect },
      async (request, reply) => {
        const principal = writerOf(request);
        const { chat_session_id: sessionId, message, when_busy: whenBusy = 'reject' } = request.body;
        const accepted = await turns.accept(request, principal, {
          target: { kind: 'session', sessionId, text: normalizeNewlines(message) },
          dialect: 'conversation',
          whenBusy,
        });
        return turns.stream(reply, 'conversation', accepted);
      },
    );

    app.get('/list', { schema: documentation.list }, async (request, reply) => {
      const { scope } = conversationPrincipalOf(request);
      const { limit, offset, is_archived: isArchived, q } = request.query;
      if (q !== undefined && q.trim() !== '') {
        const found = await store.search(scope, q, {
          isArchived,
          limit: limit ?? maxMatches,
          offset: offset ?? 0,
        });
        return reply.send(
          found.map(({ conversation, snippet }) => ({ ...toConversationResource(conversation), snippet })),
        );
      }
      const read = (page: ConversationPage) => pageConversations(store.reads, scope, { isArchived, ...page });
      if (limit !== undefined) {
        return reply.send((await read({ limit, offset })).map(toConversationResource));
      }
      const list = await streamJsonArray(
        (last: Awaited<ReturnType<typeof read>>[number] | undefined) =>
          read(last === undefined ? { limit: listPageSize, offset } : { limit: listPageSize, after: last }),
        toConversationResource,
      );
      return reply.header('Content-Type', 'application/json; charset=utf-8').send(list);
    });

    app.get('/get_with_sessions', { schema: documentation.getWithSessions }, async (request, reply) => {
      const { scope } = conversationPrincipalOf(request);
      const { conversation_id: id } = request.query;
      const conversation = await findConversation(store.reads, scope, id);
      if (conversation === undefined) throw notFound('conversation');
      const sessions = await listSessions(store.reads, scope, id);
      const models = new Map<string, { id: string; name: string; provider: string }>();
      for (const modelId of new Set(sessions.map((session) => session.modelId))) {
        const model = await findModel(store.reads, scope, modelId);
        if (model !== undefined) {
          models.set(modelId, { id: modelId, name: model.name, provider: model.provider });
        }
      }
      return reply.send({
        conversation: toConversationResource(conversation),
        sessions: sessions.map(({ id: sessionId, modelId, status, createdAt, updatedAt }) => ({
          id: sessionId,
          model: models.get(modelId) ?? { id: modelId, name: null, provider: null },
          status,
          created_at: toTime(createdAt),
          updated_at: toTime(updatedAt),
        })),
      });
    });

    app.get('/messages', { schema: documentation.messages }, async (request, reply) => {
      const { scope } = conversationPrincipalOf(request);
      const { conversation_id: id, limit = 20, offset = 0 } = request.query;
      const { messages, total } = await pageMessages(store.reads, scope, id, { limit, offset });
      const shown = await Promise.all(messages.map((message) => toMessageResource(message, engine)));
      return reply.send({ messages: shown, total, limit, offset });
    });

    app.put('/update', { schema: documentation.update, preValidation: checkWriter }, async (request) => {
      const { scope } = writerOf(request);
      const { title, is_archived: isArchived } = request.body;
      const changes = {
        ...(title !== undefined && { title: normalizeNewlines(title) }),
        ...(isArchived !== undefined && { isArchived }),
      };
      const { conversation_id: id } = request.query;
      return toConversationResource(
        await store.execute('updateConversation', { scope, id, changes, now: now() }),
      );
    });

    app.delete('/delete', { schema: documentation.remove, preValidation: checkWriter }, async (request) => {
      const { scope } = writerOf(request);
      const conversation = await findConversation(store.reads, scope, request.query.conversation_id);
      if (conversation === undefined) throw notFound('conversation');
      await engine.cancelWhere({ conversationId: conversation.id });
      return toConversationResource(
        await store.execute('deleteConversation', { scope, id: conversation.id }),
      );
    });

    app.post(
      '/complete_session',
      { schema: documentation.completeSession, preValidation: checkWriter },
      async (request) => {
        const principal = writerOf(request);
        const { result } = await store.executeOnce(
          'completeSession',
          { scope: principal.scope, id: request.query.session_id, now: now() },
          idempotencyClaim(request, principal, now()),
        );
        return toSessionResource(result);
      },
    );
  };
}
