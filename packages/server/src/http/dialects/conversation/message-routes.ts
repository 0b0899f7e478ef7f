/** Messages of conversations: listed, looked at, shown as the thread of a session, and rated. */
import type { ConversationPrincipal } from '../../../auth/principal.ts';
import { notFound } from '../../../domain/errors.ts';
import { isShown } from '../../../domain/message.ts';
import type { Scope } from '../../../domain/scope.ts';
import { findConversation, pageSessions } from '../../../store/queries/conversations.ts';
import {
  findMessage,
  findMessagePlace,
  readMessages,
  readMessagesById,
} from '../../../store/queries/messages.ts';
import { findSession } from '../../../store/queries/sessions.ts';
import { currentIds } from '../../../store/queries/threads.ts';
import { sendPage } from '../../answer/json-list.ts';
import { type Route, route } from '../../routing/route.ts';
import { giveFeedback } from '../../threads/feedback.ts';
import { createMessageReader, type DescribedMessage } from '../../threads/messages.ts';
import { sendThread } from '../../threads/thread.ts';
import type { DialectDependencies } from '../dialect-module.ts';
import * as documentation from './documentation.ts';

/** Sessions that are read at once. */
const sessionsAtOnce = 200;

export function messageRoutes({ store, engine, now }: DialectDependencies): readonly Route[] {
  const { reads } = store;

  const readerFor = (caller: ConversationPrincipal, scope: Scope, include: 'reasoning' | undefined) =>
    createMessageReader({ reads, engine, caller, scope, include });

  /** The current messages of all sessions of a conversation, in its order. */
  async function current(scope: Scope, conversationId: string): Promise<readonly string[]> {
    const conversation = await findConversation(reads, scope, conversationId);
    if (conversation === undefined) throw notFound('conversation');
    const sessions = [];
    for (let page = await pageSessions(reads, conversation, undefined, sessionsAtOnce); ; ) {
      sessions.push(...page);
      if (page.length < sessionsAtOnce) return currentIds(reads, sessions);
      page = await pageSessions(reads, conversation, page.at(-1), sessionsAtOnce);
    }
  }

  return [
    route({
      method: 'GET',
      path: '/api/conversation/messages',
      access: 'conversation',
      schema: documentation.messages,
      async handler({ caller, scope, query }, reply) {
        const { conversation_id: id, limit = 20, offset = 0, branch, include } = query;
        const { describe, toResource } = readerFor(caller, scope, include);
        const rest =
          (total: number) =>
          ({ count, isCut }: { readonly count: number; readonly isCut: boolean }) => {
            const end = offset + count;
            const hasMore = count > 0 && end < total;
            return {
              total,
              limit: isCut ? count : limit,
              offset,
              has_more: hasMore,
              next_offset: hasMore ? end : null,
            };
          };
        if (branch === 'current') {
          const ids = await current(scope, id);
          const read = async (after: DescribedMessage | undefined, wanted: number) => {
            const from = after === undefined ? offset : ids.indexOf(after.message.id) + 1;
            return describe(await readMessagesById(reads, ids.slice(from, from + wanted)));
          };
          const page = { name: 'messages', limit: Math.min(limit, ids.length - offset) };
          return sendPage(reply, { read, toResource }, { ...page, rest: rest(ids.length) });
        }
        const { conversationId, total, position } = await findMessagePlace(reads, scope, id, offset);
        const read = async (after: DescribedMessage | undefined, wanted: number) => {
          const from = after === undefined ? position : after.message.position + 1;
          return describe(await readMessages(reads, conversationId, from, wanted));
        };
        const page = { name: 'messages', limit: Math.min(limit, total - offset) };
        return sendPage(reply, { read, toResource }, { ...page, rest: rest(total) });
      },
    }),
    route({
      method: 'GET',
      path: '/api/conversation/messages/:id',
      access: 'conversation',
      schema: documentation.getMessage,
      async handler({ caller, scope, params, query }, reply) {
        const message = await findMessage(reads, scope, params.id);
        if (message === undefined || !isShown(message)) throw notFound('message');
        const { describe, toResource } = readerFor(caller, scope, query.include);
        const [described] = await describe([message]);
        return reply.send(await toResource(described as DescribedMessage));
      },
    }),
    route({
      method: 'GET',
      path: '/api/conversation/thread',
      access: 'conversation',
      schema: documentation.thread,
      async handler({ caller, scope, query }, reply) {
        const session = await findSession(reads, scope, query.session_id);
        if (session === undefined) throw notFound('session');
        return sendThread(reply, { reads, engine, caller, scope }, session, query);
      },
    }),
    route({
      method: 'POST',
      path: '/api/conversation/feedback',
      access: 'writer',
      schema: documentation.feedback,
      handler: async (request) => giveFeedback(store, request, request.body, now()),
    }),
  ];
}
