/** `/conversations`: the messages of chats, which this dialect calls conversations. */
import type { FastifyReply } from 'fastify';
import { requireAssistantWords, requireTokenPersona } from '../../../auth/permissions.ts';
import { accountOf } from '../../../auth/principal.ts';
import { notFound } from '../../../domain/errors.ts';
import { newId } from '../../../domain/ids.ts';
import { isShown } from '../../../domain/message.ts';
import type { Scope } from '../../../domain/scope.ts';
import { normalizeNewlines } from '../../../domain/text/newlines.ts';
import { newestActiveSession } from '../../../store/queries/conversations.ts';
import {
  findMessage,
  findNewestAnswer,
  type ListedMessage,
  type MessageRecord,
  readMessageSizes,
  readMessages,
} from '../../../store/queries/messages.ts';
import { newestMessages, readInOrder } from '../../../store/queries/newest-messages.ts';
import { maxPageBytes } from '../../../store/queries/page.ts';
import { findSession } from '../../../store/queries/sessions.ts';
import { sendList } from '../../answer/json-list.ts';
import { messageBodyLimit } from '../../openapi/fields.ts';
import { idempotencyClaim } from '../../request/idempotency.ts';
import { type GrantedRequest, type Route, route } from '../../routing/route.ts';
import { cancelAndDelete } from '../cancel-and-delete.ts';
import type { DialectDependencies } from '../dialect-module.ts';
import { chooseSessionBasis } from '../session-choice.ts';
import { reading, writing } from './access.ts';
import * as documentation from './documentation.ts';
import { getChat } from './get-chat.ts';
import { roleOfName, toChatMessage, toCurrentChatMessage } from './resources.ts';
import { type CreateMessage, ListMessagesQuery } from './schema.ts';

/** Messages that a list without a chat has, and those of them that are read at once. */
const newestAtOnce = 100;
const textsAtOnce = 20;

export function messageRoutes({ store, engine, now }: DialectDependencies): readonly Route[] {
  const { reads } = store;

  async function list(
    { scope }: GrantedRequest<'conversation'>,
    reply: FastifyReply,
    chatId: string | undefined,
  ): Promise<FastifyReply> {
    if (chatId === undefined) return listNewest(scope, reply);
    const chat = await getChat(reads, scope, chatId);
    return sendList(reply, {
      read: (after: ListedMessage | undefined) => readShown(chat.id, (after?.position ?? -1) + 1),
      toResource: (message) => toCurrentChatMessage(message, engine),
    });
  }

  /** The newest messages of all chats, the oldest of them first, as many as fit into a page. */
  async function listNewest(scope: Scope, reply: FastifyReply): Promise<FastifyReply> {
    const ids = await newestMessages(reads, scope, newestAtOnce);
    const sizes = await readMessageSizes(reads, ids);
    let bytes = 0;
    const fitting = ids.filter((id) => {
      bytes += sizes.get(id) ?? 0;
      return bytes <= maxPageBytes;
    });
    const texts = fitting.toReversed();
    return sendList(reply, {
      async read(after: ListedMessage | undefined) {
        const from = after === undefined ? 0 : texts.indexOf(after.id) + 1;
        return readInOrder(reads, texts.slice(from, from + textsAtOnce));
      },
      toResource: (message) => toCurrentChatMessage(message, engine),
    });
  }

  /** The next messages to show from a position on; none if there are no more. */
  async function readShown(chatId: string, from: number): Promise<readonly ListedMessage[]> {
    for (let position = from; ; ) {
      const messages = await readMessages(reads, chatId, position);
      const last = messages.at(-1);
      if (last === undefined) return [];
      const shown = messages.filter(isShown);
      if (shown.length > 0) return shown;
      position = last.position + 1;
    }
  }

  async function getShown(scope: Scope, id: string): Promise<MessageRecord> {
    const message = await findMessage(reads, scope, id);
    if (message === undefined || !isShown(message)) throw notFound('conversation');
    return message;
  }

  async function post(request: GrantedRequest<'writer'>, body: CreateMessage): Promise<MessageRecord> {
    const { caller, scope } = request;
    const chat = await getChat(reads, scope, body.chat_id);
    const text = normalizeNewlines(body.message);
    if (body.role === 'Assistant') {
      // Clients that keep their own record send each answer back; it is there already.
      const answer = await findNewestAnswer(reads, chat);
      if (answer?.text === text) return answer;
      requireAssistantWords(caller);
    }
    const session = await newestActiveSession(reads, scope, chat.id);
    const { apiKeyId, tokenPersona } = accountOf(caller);
    const { parent_id: parentId, metadata } = body;
    const parent = parentId == null ? undefined : await findMessage(reads, scope, parentId);
    const own = parent === undefined ? session : await findSession(reads, scope, parent.sessionId);
    requireTokenPersona(tokenPersona, own?.personaId ?? null);
    const newSession =
      session === undefined ? { id: newId(), ...(await chooseSessionBasis(reads, caller)) } : null;
    const at = now();
    const limits = await engine.storedLimits.ofStorage(scope.organizationId, caller.limits);
    const { result } = await store.executeOnce(
      'postMessage',
      {
        apiKeyId,
        limits,
        scope,
        conversationId: chat.id,
        messageId: newId(),
        role: roleOfName[body.role],
        text,
        newSession,
        ...(parentId !== undefined && { parentId }),
        ...(metadata !== undefined && { metadata }),
        now: at,
      },
      idempotencyClaim(request, caller, at),
    );
    return result;
  }

  /** Deletes a message, after cancelling the generations that answer it. */
  function remove(scope: Scope, id: string): Promise<MessageRecord> {
    return cancelAndDelete(engine, { messageId: id }, () =>
      store.execute('deleteMessage', { scope, id, now: now() }),
    );
  }

  return [
    route({
      ...reading,
      path: '/conversations',
      schema: documentation.listMessages,
      handler: (request, reply) => list(request, reply, request.query.chat_id),
    }),
    route({
      ...reading,
      path: '/conversations/',
      schema: { querystring: ListMessagesQuery, hide: true },
      handler: (request, reply) => list(request, reply, request.query.chat_id),
    }),
    route({
      ...reading,
      path: '/conversations/:id',
      schema: documentation.getMessage,
      async handler({ scope, params }, reply) {
        const message = await getShown(scope, params.id);
        return reply.send(await toCurrentChatMessage(message, engine));
      },
    }),
    route({
      ...writing,
      method: 'POST',
      path: '/conversations/create',
      bodyLimit: messageBodyLimit,
      schema: documentation.createMessage,
      async handler(request, reply) {
        const message = await post(request, request.body);
        return reply
          .code(201)
          .header('Location', `/conversations/${message.id}`)
          .send(toChatMessage(message));
      },
    }),
    route({
      ...writing,
      method: 'DELETE',
      path: '/conversations/delete/:id',
      schema: documentation.deleteMessage,
      async handler({ scope, params }, reply) {
        const { id } = await getShown(scope, params.id);
        return reply.send(toChatMessage(await remove(scope, id)));
      },
    }),
  ];
}
