/** `/organizations/{org_id}/generations`: what was answered, how it ended, and what it cost. */
import { conversationScope } from '../../../auth/scopes.ts';
import { notFound } from '../../../domain/errors.ts';
import type { GenerationRecord } from '../../../domain/generation.ts';
import type { OrganizationScope } from '../../../domain/scope.ts';
import { nameCreators } from '../../../store/queries/creators.ts';
import { listEndUsers } from '../../../store/queries/end-users.ts';
import { findGenerationOf } from '../../../store/queries/generation-lists.ts';
import { findNames } from '../../../store/queries/names.ts';
import { answer } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import { activityFilter } from '../activity.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { pageByTime, pageOf, toTimePageResource } from '../page.ts';
import { OrganizationParams, organizationPath, refusals, tags } from '../schema.ts';
import {
  GenerationParams,
  GenerationsQuery,
  OrganizationGeneration,
  toGenerationResource,
} from './schema.ts';

const access = 'organization-admin';
const path = `${organizationPath}/generations`;

export function organizationGenerationRoutes({ store, engine, now }: AdminDependencies): readonly Route[] {
  /** The `user_id` of each end user of these generations. */
  function usersOf(
    scope: OrganizationScope,
    generations: readonly GenerationRecord[],
  ): Promise<ReadonlyMap<string, string>> {
    const ids = new Set(generations.flatMap(({ endUserId }) => endUserId ?? []));
    return findNames(store.reads, scope, 'user', [...ids]);
  }

  /** A function that shows these generations. */
  async function showing(scope: OrganizationScope, generations: readonly GenerationRecord[]) {
    const users = await usersOf(scope, generations);
    const creators = generations.map(({ createdBy }) => createdBy);
    const named = await nameCreators(store.reads, scope, creators);
    return (generation: GenerationRecord) => {
      const { endUserId, createdBy } = generation;
      return toGenerationResource(generation, users.get(endUserId ?? '') ?? null, named(createdBy));
    };
  }

  return [
    route({
      method: 'GET',
      path,
      access,
      schema: {
        tags,
        operationId: 'listGenerations',
        summary: 'List generations, newest first',
        description:
          'A page may hold fewer than `limit` and still have a `next_cursor`: each looks at a bounded number of generations.',
        params: OrganizationParams,
        querystring: GenerationsQuery,
        response: {
          200: answer('A page of generations.', pageOf('Generations', OrganizationGeneration)),
          ...refusals,
        },
      },
      async handler({ scope, query }) {
        const filter = activityFilter(query);
        const page = pageByTime(query);
        const users =
          query.user_id === undefined ? undefined : await listEndUsers(store.reads, scope, query.user_id);
        if (users?.length === 0) return { data: [], next_cursor: null };
        const endUserIds = users?.map(({ id }) => id);
        const conversationId = query.conversation_id?.toLowerCase();
        const found = await store.report('generations', {
          scope,
          filter: { ...filter, endUserIds, conversationId },
          page,
        });
        return toTimePageResource(found, await showing(scope, found.data));
      },
    }),
    route({
      method: 'POST',
      path: `${path}/:generation_id/cancel`,
      access,
      schema: {
        tags,
        operationId: 'cancelOrganizationGeneration',
        summary: 'Cancel a generation',
        description: 'Ends it with what it has; what has ended stays as it is.',
        params: GenerationParams,
        response: { 200: answer('The generation.', OrganizationGeneration), ...refusals },
      },
      async handler(request) {
        const { scope, params } = request;
        const generation = await findGenerationOf(store.reads, scope, params.generation_id);
        if (generation === undefined) throw notFound('generation');
        const { organizationId, environment, id } = generation;
        await store.change(request, 'requestCancel', { generationIds: [id], now: now() });
        await engine.cancel(conversationScope(organizationId, environment), id);
        const ended = await findGenerationOf(store.reads, scope, id);
        if (ended === undefined) throw notFound('generation');
        return (await showing(scope, [ended]))(ended);
      },
    }),
  ];
}
