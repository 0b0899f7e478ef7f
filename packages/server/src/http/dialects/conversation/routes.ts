/** Conversations of an organization: created, listed, read, changed and deleted. */
import { creatorOf } from '../../../auth/principal.ts';
import { notFound } from '../../../domain/errors.ts';
import { newId } from '../../../domain/ids.ts';
import type { Scope } from '../../../domain/scope.ts';
import type { SessionRecord } from '../../../domain/session.ts';
import { normalizeNewlines } from '../../../domain/text/newlines.ts';
import {
  type ConversationPage,
  type ConversationRecord,
  findConversation,
  pageConversations,
  pageSessions,
} from '../../../store/queries/conversations.ts';
import { findModel } from '../../../store/queries/models.ts';
import { audienceOf } from '../../answer/audience.ts';
import { creatorsFor } from '../../answer/creators.ts';
import { sendList, sendPage } from '../../answer/json-list.ts';
import { idempotencyClaim } from '../../request/idempotency.ts';
import { type GrantedRequest, type Route, route } from '../../routing/route.ts';
import { metadataFilter } from '../../threads/metadata.ts';
import type { DialectDependencies } from '../dialect-module.ts';
import * as documentation from './documentation.ts';
import { toConversationResource, toSessionResource } from './resources.ts';

/** How many conversations of a whole list are read at once. */
const listPageSize = 200;
/** How many matches a search has at most. */
const maxMatches = 1000;

/** A conversation, and what the caller sees of it. */
interface ShownConversation {
  readonly conversation: ConversationRecord;
  readonly resource: ReturnType<typeof toConversationResource>;
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

  return [
    route({
      method: 'POST',
      path: '/api/conversation/create',
      access: 'writer',
      schema: documentation.create,
      async handler(request) {
        const { caller, scope } = request;
        const { title, is_archived: isArchived = false, description, metadata } = request.body;
        const { result } = await store.executeOnce(
          'createConversation',
          {
            ...{ scope, id: newId(), title: normalizeNewlines(title), isArchived },
            ...(description !== undefined && { description: description && normalizeNewlines(description) }),
            ...(metadata !== undefined && { metadata }),
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
        const filter = {
          isArchived,
          createdBy: query.mine === true ? creatorOf(caller) : undefined,
          metadata: metadataFilter(request, store),
        };
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
              message_id: found[index]?.messageId ?? null,
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
        const chatSessions: object[] = [];
        return sendPage(
          reply,
          {
            read: (after: SessionRecord | undefined) =>
              pageSessions(store.reads, conversation, after, listPageSize),
            async toResource(session) {
              const { conversation_id: _, model_id: __, ...shown } = toSessionResource(session);
              const model = await modelOf(session.modelId);
              chatSessions.push({ ...toSessionResource(session), model_name: model.name });
              return { ...shown, model };
            },
          },
          {
            name: 'sessions',
            limit: undefined,
            rest: () => ({ ...record, conversation: record, chat_sessions: chatSessions }),
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
        const { title, is_archived: isArchived, description, metadata } = body;
        const changes = {
          ...(title !== undefined && { title: normalizeNewlines(title) }),
          ...(isArchived !== undefined && { isArchived }),
          ...(description !== undefined && { description: description && normalizeNewlines(description) }),
          ...(metadata !== undefined && { metadata }),
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
