/** `/chats`: chats are created, listed, renamed and deleted. */
import type { FastifyReply } from 'fastify';
import { creatorOf } from '../../../auth/principal.ts';
import { newId } from '../../../domain/ids.ts';
import { normalizeNewlines } from '../../../domain/text/newlines.ts';
import { fromTimeOrUtc } from '../../../domain/text/time.ts';
import { type ConversationRecord, pageConversations } from '../../../store/queries/conversations.ts';
import { sendList } from '../../answer/json-list.ts';
import { idempotencyClaim } from '../../request/idempotency.ts';
import { type GrantedRequest, type Route, route } from '../../routing/route.ts';
import type { DialectDependencies } from '../dialect-module.ts';
import { reading, writing } from './access.ts';
import * as documentation from './documentation.ts';
import { getChat } from './get-chat.ts';
import { toChat } from './resources.ts';
import { ListChatsQuery } from './schema.ts';

const pageSize = 500;

export function chatRoutes({ store, engine, now }: DialectDependencies): readonly Route[] {
  async function list(
    { caller, scope }: GrantedRequest<'conversation'>,
    { mine }: { readonly mine?: boolean },
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const createdBy = mine === true ? creatorOf(caller) : undefined;
    return sendList(reply, {
      read: (after: ConversationRecord | undefined) =>
        pageConversations(store.reads, scope, { limit: pageSize, after, createdBy }),
      toResource: toChat,
    });
  }

  return [
    route({
      ...reading,
      path: '/chats',
      schema: documentation.listChats,
      handler: (request, reply) => list(request, request.query, reply),
    }),
    route({
      ...reading,
      path: '/chats/',
      schema: { querystring: ListChatsQuery, hide: true },
      handler: (request, reply) => list(request, request.query, reply),
    }),
    route({
      ...reading,
      path: '/chats/:id',
      schema: documentation.getChat,
      handler: async ({ scope, params }, reply) =>
        reply.send(toChat(await getChat(store.reads, scope, params.id))),
    }),
    route({
      ...writing,
      method: 'POST',
      path: '/chats/create',
      schema: documentation.createChat,
      async handler(request, reply) {
        const { caller, scope, body } = request;
        const at = now();
        const { result } = await store.executeOnce(
          'createConversation',
          {
            scope,
            id: newId(),
            title: normalizeNewlines(body.name),
            isArchived: false,
            createdBy: creatorOf(caller),
            now: at,
          },
          idempotencyClaim(request, caller, at),
        );
        return reply.code(201).header('Location', `/chats/${result.id}`).send(toChat(result));
      },
    }),
    route({
      ...writing,
      method: 'PUT',
      path: '/chats/update/:id',
      schema: documentation.updateChat,
      async handler({ scope, params, body }, reply) {
        const { name, updated_at: updatedAt } = body;
        const changes = {
          ...(name !== undefined && { title: normalizeNewlines(name) }),
          ...(updatedAt !== undefined && { updatedAt: fromTimeOrUtc(updatedAt) }),
        };
        const chat = await store.execute('updateConversation', {
          scope,
          id: params.id,
          changes,
          now: now(),
        });
        return reply.send(toChat(chat));
      },
    }),
    route({
      ...writing,
      method: 'DELETE',
      path: '/chats/delete/:id',
      schema: documentation.deleteChat,
      async handler({ scope, params }, reply) {
        const { id } = await getChat(store.reads, scope, params.id);
        await engine.settleBeforeDelete([{ conversationId: id }]);
        return reply.send(toChat(await store.execute('deleteConversation', { scope, id, now: now() })));
      },
    }),
  ];
}
