/** `/organizations/{org_id}/conversations`: what was talked about, with whom, and what it cost. */
import { conversationScope } from '../../../auth/scopes.ts';
import { notFound } from '../../../domain/errors.ts';
import { type Environment, environments, type OrganizationScope } from '../../../domain/scope.ts';
import type { SessionRecord } from '../../../domain/session.ts';
import { pageSessions } from '../../../store/queries/conversations.ts';
import { nameCreators } from '../../../store/queries/creators.ts';
import { listEndUsers } from '../../../store/queries/end-users.ts';
import type { FoundConversation } from '../../../store/search/find.ts';
import { sendPage } from '../../answer/json-list.ts';
import { answer } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import { activityFilter } from '../activity.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { pageByTime, pageOf, toTimePageResource } from '../page.ts';
import { OrganizationParams, organizationPath, refusals, tags } from '../schema.ts';
import {
  ConversationParams,
  ConversationsQuery,
  ConversationWithSessions,
  OrganizationConversation,
  toConversationResource,
  toSessionResource,
} from './schema.ts';

const access = 'organization-admin';
const path = `${organizationPath}/conversations`;

/** As many as a search finds: its newest 200 titles and 200 messages. */
const mostFound = 400;
/** Sessions of a conversation that are read at once. */
const sessionsAtOnce = 200;

export function organizationConversationRoutes({ store }: AdminDependencies): readonly Route[] {
  /** What a search finds in each conversation, by the conversation's id. */
  async function search(
    { organizationId }: OrganizationScope,
    environment: Environment | undefined,
    q: string,
  ): Promise<ReadonlyMap<string, FoundConversation>> {
    const hits = new Map<string, FoundConversation>();
    for (const one of environments) {
      if (environment !== undefined && one !== environment) continue;
      const page = { limit: mostFound, offset: 0 };
      for (const found of await store.search(conversationScope(organizationId, one), q, page))
        hits.set(found.conversation.id, found);
    }
    return hits;
  }

  return [
    route({
      method: 'GET',
      path,
      access,
      schema: {
        tags,
        operationId: 'listOrganizationConversations',
        summary: 'List conversations, newest first',
        description:
          'Those of end users and of members. A page may hold fewer than `limit` and still have a `next_cursor`: each looks at a bounded number of conversations.',
        params: OrganizationParams,
        querystring: ConversationsQuery,
        response: {
          200: answer(
            'A page of conversations.',
            pageOf('OrganizationConversations', OrganizationConversation),
          ),
          ...refusals,
        },
      },
      async handler({ scope, query }) {
        const page = pageByTime(query);
        const filter = activityFilter(query);
        const endUsers =
          query.user_id === undefined ? undefined : await listEndUsers(store.reads, scope, query.user_id);
        const hits = query.q === undefined ? undefined : await search(scope, query.environment, query.q);
        const found = await store.report('conversations', {
          scope,
          filter: {
            ...filter,
            environment: query.environment,
            isArchived: query.is_archived,
            endUsers: endUsers?.map(({ id, environment }) => ({ id, environment })),
            ids: hits && [...hits.keys()],
          },
          page,
        });
        const named = await nameCreators(
          store.reads,
          scope,
          found.data.map(({ createdBy }) => createdBy),
        );
        return toTimePageResource(found, (record) => {
          const hit = hits?.get(record.id);
          return {
            ...toConversationResource(record, named(record.createdBy)),
            ...(hit && { snippet: hit.snippet, message_id: hit.messageId }),
          };
        });
      },
    }),
    route({
      method: 'GET',
      path: `${path}/:conversation_id`,
      access,
      schema: {
        tags,
        operationId: 'getOrganizationConversation',
        summary: 'Get a conversation, with its sessions',
        params: ConversationParams,
        response: { 200: answer('The conversation.', ConversationWithSessions), ...refusals },
      },
      async handler({ scope, params }, reply) {
        const record = await store.report('conversation', { scope, id: params.conversation_id });
        if (record === undefined) throw notFound('conversation');
        const { id, createdBy } = record;
        const named = await nameCreators(store.reads, scope, [createdBy]);
        const read = (after: SessionRecord | undefined) =>
          pageSessions(store.reads, { id }, after, sessionsAtOnce);
        return sendPage(
          reply,
          { read, toResource: toSessionResource },
          {
            name: 'session_list',
            limit: undefined,
            rest: () => toConversationResource(record, named(createdBy)),
          },
        );
      },
    }),
  ];
}
