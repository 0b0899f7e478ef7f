/** Conversations of an organization: created, listed, read, changed and deleted. */
import { creatorOf } from '../../../auth/principal.ts';
import { notFound } from '../../../domain/errors.ts';
import { newId } from '../../../domain/ids.ts';
import type { Scope } from '../../../domain/scope.ts';
import type { SessionRecord } from '../../../domain/session.ts';
import { normalizeNewlines } from '../../../domain/text/newlines.ts';
import { toTime } from '../../../domain/text/time.ts';
import {
  type ConversationPage,
  type ConversationRecord,
  findConversation,
  pageConversations,
  pageSessions,
} from '../../../store/queries/conversations.ts';
import { type Ending, readEndings } from '../../../store/queries/generations.ts';
import { findMessagePlace, type ListedMessage, readMessages } from '../../../store/queries/messages.ts';
import { findModel } from '../../../store/queries/models.ts';
import { audienceOf } from '../../answer/audience.ts';
import { creatorsFor } from '../../answer/creators.ts';
import { sendList, sendPage } from '../../answer/json-list.ts';
import { idempotencyClaim } from '../../request/idempotency.ts';
import { type GrantedRequest, type Route, route } from '../../routing/route.ts';
import type { DialectDependencies } from '../dialect-module.ts';
import * as documentation from './documentation.ts';
import { toConversationResource, toMessageResource } from './resources.ts';

/** How many conversations of a whole list are read at once. */
const listPageSize = 200;
/** How many matches a search has at most. */
const maxMatches = 1000;

/** A conversation, and what the caller sees of it. */
interface ShownConversation {
  readonly conversation: ConversationRecord;
  readonly resource: ReturnType<typeof toConversationResource>;
}

interface EndedMessage {
  readonly message: ListedMessage;
  readonly ending: Ending | undefined;
}

export function conversationRoutes({ store, engine, now }: DialectDependencies): readonly Route[] {
  async function getConversation(scope: Scope, id: string): Promise<ConversationRecord> {
    const conversation = await findConversation(store.reads, scope, id);
    if (conversation === undefined) throw notFound('conversation');
    return conversation;
  }

  async function allShown(
    { caller, scope }: GrantedRequest<'conversation'>,
    conversations: readonly ConversationRecord[],
  ): Promise<ShownConversation[]> {
    const creators = conversations.map(({ createdBy }) => createdBy);
    const named = await creatorsFor(store.reads, scope, audienceOf(caller), creators);
    return conversations.map((conversation) => ({
      conversation,
      resource: toConversationResource(conversation, named(conversation.createdBy)),
    }));
  }

  async function shown(request: GrantedRequest<'conversation'>, conversation: ConversationRecord) {
    const [one] = await allShown(request, [conversation]);
    return (one as ShownConversation).resource;
  }

  /** Gives a model as its sessions show it; each is read once. */
  function namedModels(scope: Scope) {
    const models = new Map<string, { id: string; name: string | null; provider: string | null }>();
    return async (id: string) => {
      const known = models.get(id);
      if (known !== undefined) return known;
      const { name = null, provider = null } = (await findModel(store.reads, scope, id)) ?? {};
      models.set(id, { id, name, provider });
      return { id, name, provider };
    };
  }

  /** The next messages from a position on, and how their generations ended. */
  async function readEnded(
    conversationId: string,
    position: number,
    limit: number,
  ): Promise<readonly EndedMessage[]> {
    const messages = await readMessages(store.reads, conversationId, position, limit);
    const generations = messages.flatMap(({ generationId }) => generationId ?? []);
    const endings = await readEndings(store.reads, generations);
    return messages.map((message) => ({ message, ending: endings.get(message.generationId ?? '') }));
  }

  return [
    route({
      method: 'POST',
      path: '/api/conversation/create',
      access: 'writer',
      schema: documentation.create,
      async handler(request) {
        const { caller, scope } = request;
        const { title, is_archived: isArchived = false } = request.body;
        const { result } = await store.executeOnce(
          'createConversation',
          {
            ...{ scope, id: newId(), title: normalizeNewlines(title), isArchived },
            createdBy: creatorOf(caller),
            now: now(),
          },
          idempotencyClaim(request, caller, now()),
        );
        return shown(request, result);
      },
    }),
    route({
      method: 'GET',
      path: '/api/conversation/list',
      access: 'conversation',
      schema: documentation.list,
      async handler(request, reply) {
        const { caller, scope, query } = request;
        const { limit, offset, is_archived: isArchived, q } = query;
        const filter = { isArchived, createdBy: query.mine === true ? creatorOf(caller) : undefined };
        if (q !== undefined && q.trim() !== '') {
          const found = await store.search(scope, q, {
            ...filter,
            limit: limit ?? maxMatches,
            offset: offset ?? 0,
          });
          const conversations = await allShown(
            request,
            found.map(({ conversation }) => conversation),
          );
          return reply.send(
            conversations.map(({ resource }, index) => ({
              ...resource,
              snippet: found[index]?.snippet ?? '',
            })),
          );
        }
        const read = async (page: ConversationPage) =>
          allShown(request, await pageConversations(store.reads, scope, { ...filter, ...page }));
        if (limit !== undefined) {
          return reply.send((await read({ limit, offset })).map(({ resource }) => resource));
        }
        return sendList(reply, {
          read: (last: ShownConversation | undefined) =>
            read(
              last === undefined
                ? { limit: listPageSize, offset }
                : { limit: listPageSize, after: last.conversation },
            ),
          toResource: ({ resource }) => resource,
        });
      },
    }),
    route({
      method: 'GET',
      path: '/api/conversation/get_with_sessions',
      access: 'conversation',
      schema: documentation.getWithSessions,
      async handler(request, reply) {
        const { scope, query } = request;
        const conversation = await getConversation(scope, query.conversation_id);
        const record = await shown(request, conversation);
        const modelOf = namedModels(scope);
        return sendPage(
          reply,
          {
            read: (after: SessionRecord | undefined) =>
              pageSessions(store.reads, conversation, after, listPageSize),
            toResource: async ({ id, modelId, status, createdAt, updatedAt }) => ({
              id,
              model: await modelOf(modelId),
              status,
              created_at: toTime(createdAt),
              updated_at: toTime(updatedAt),
            }),
          },
          { name: 'sessions', limit: undefined, rest: () => ({ conversation: record }) },
        );
      },
    }),
    route({
      method: 'GET',
      path: '/api/conversation/messages',
      access: 'conversation',
      schema: documentation.messages,
      async handler({ caller, scope, query }, reply) {
        const { conversation_id: id, limit = 20, offset = 0 } = query;
        const { conversationId, total, position } = await findMessagePlace(store.reads, scope, id, offset);
        const audience = audienceOf(caller);
        return sendPage(
          reply,
          {
            read: (after: EndedMessage | undefined, wanted) =>
              readEnded(conversationId, after ? after.message.position + 1 : position, wanted),
            toResource: ({ message, ending }) => toMessageResource(message, ending, engine, audience),
          },
          {
            name: 'messages',
            limit: Math.min(limit, total - offset),
            rest({ count, isCut }) {
              const end = offset + count;
              const hasMore = count > 0 && end < total;
              return {
                total,
                limit: isCut ? count : limit,
                offset,
                has_more: hasMore,
                next_offset: hasMore ? end : null,
              };
            },
          },
        );
      },
    }),
    route({
      method: 'PUT',
      path: '/api/conversation/update',
      access: 'writer',
      schema: documentation.update,
      async handler(request) {
        const { scope, query, body } = request;
        const { title, is_archived: isArchived } = body;
        const changes = {
          ...(title !== undefined && { title: normalizeNewlines(title) }),
          ...(isArchived !== undefined && { isArchived }),
        };
        const update = { scope, id: query.conversation_id, changes, now: now() };
        return shown(request, await store.execute('updateConversation', update));
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/conversation/delete',
      access: 'writer',
      schema: documentation.remove,
      async handler(request) {
        const { scope, query } = request;
        const { id } = await getConversation(scope, query.conversation_id);
        await engine.settleBeforeDelete([{ conversationId: id }]);
        return shown(request, await store.execute('deleteConversation', { scope, id, now: now() }));
      },
    }),
  ];
}
