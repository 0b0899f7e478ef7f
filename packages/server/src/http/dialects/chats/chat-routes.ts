/** `/chats`: made, listed, renamed and deleted. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import { requireWrite } from '../../../auth/permissions.ts';
import { notFound } from '../../../domain/errors.ts';
import { newId } from '../../../domain/ids.ts';
import { normalizeNewlines } from '../../../domain/text/newlines.ts';
import {
  type ConversationRecord,
  findConversation,
  pageConversations,
} from '../../../store/queries/conversations.ts';
import { streamJsonArray } from '../../answer/json-array.ts';
import type { AppPlugin } from '../../openapi/route-plugin.ts';
import { conversationPrincipalOf } from '../../request/authentication.ts';
import { idempotencyClaim } from '../../request/idempotency.ts';
import type { DialectDependencies } from '../dialect-module.ts';
import * as documentation from './documentation.ts';
import { readTime, toChat } from './resources.ts';

const pageSize = 500;

export function chatRoutes(options: DialectDependencies): AppPlugin {
  const { store, engine, now } = options;

  async function list(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { scope } = conversationPrincipalOf(request);
    const readPage = (after: ConversationRecord | undefined) =>
      pageConversations(store.reads, scope, { limit: pageSize, after });
    reply.type('application/json; charset=utf-8');
    return reply.send(await streamJsonArray(readPage, toChat));
  }

  return async (app) => {
    app.get('/', { prefixTrailingSlash: 'no-slash', schema: documentation.listChats }, list);
    app.get('/', { prefixTrailingSlash: 'slash', schema: { hide: true } }, list);

    app.get('/:id', { schema: documentation.getChat }, async (request, reply) => {
      const { scope } = conversationPrincipalOf(request);
      const chat = await findConversation(store.reads, scope, request.params.id);
      if (chat === undefined) throw notFound('chat');
      return reply.send(toChat(chat));
    });

    app.post('/create', { schema: documentation.createChat }, async (request, reply) => {
      const principal = conversationPrincipalOf(request);
      requireWrite(principal);
      const at = now();
      const { result } = await store.executeOnce(
        'createConversation',
        {
          scope: principal.scope,
          id: newId(),
          title: normalizeNewlines(request.body.name),
          isArchived: false,
          now: at,
        },
        idempotencyClaim(request, principal, at),
      );
      return reply.code(201).header('Location', `/chats/${result.id}`).send(toChat(result));
    });

    app.put('/update/:id', { schema: documentation.updateChat }, async (request, reply) => {
      const principal = conversationPrincipalOf(request);
      requireWrite(principal);
      const { name, updated_at: updatedAt } = request.body;
      const changes = {
        ...(name !== undefined && { title: normalizeNewlines(name) }),
        ...(updatedAt !== undefined && { updatedAt: readTime(updatedAt, 'updated_at') }),
      };
      const { id } = request.params;
      const chat = await store.execute('updateConversation', {
        scope: principal.scope,
        id,
        changes,
        now: now(),
      });
      return reply.send(toChat(chat));
    });

    app.delete('/delete/:id', { schema: documentation.deleteChat }, async (request, reply) => {
      const principal = conversationPrincipalOf(request);
      requireWrite(principal);
      const { scope } = principal;
      const found = await findConversation(store.reads, scope, request.params.id);
      if (found === undefined) throw notFound('chat');
      await engine.cancelWhere({ conversationId: found.id });
      const chat = await store.execute('deleteConversation', { scope, id: found.id });
      return reply.send(toChat(chat));
    });
  };
}
