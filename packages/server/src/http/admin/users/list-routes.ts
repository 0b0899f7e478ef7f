/** `/organizations/{org_id}/users`: who the end users are, and what each of them has used. */
import { limitsOfCaller } from '../../../auth/caller-limits.ts';
import { notFound } from '../../../domain/errors.ts';
import { noLimits } from '../../../domain/limits/limits.ts';
import type { OrganizationScope } from '../../../domain/scope.ts';
import { readSettings } from '../../../store/queries/organization-settings.ts';
import type { UserSummary } from '../../../store/reports/user-list.ts';
import { answer } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import { activityFilter } from '../activity.ts';
import { readConsumed } from '../consumed.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { pageByTime, pageOf, toTimePageResource } from '../page.ts';
import { OrganizationParams, organizationPath, refusals, tags } from '../schema.ts';
import { EndUser, toUserResource, UserParams, UserQuery, UsersQuery } from './schema.ts';

const access = 'organization-admin';
const path = `${organizationPath}/users`;

export function userListRoutes({ store, engine }: AdminDependencies): readonly Route[] {
  /** How users are shown, by what holds for all of an organization's. */
  async function shown(scope: OrganizationScope, users: readonly UserSummary[]) {
    const { endUserLimits } = await readSettings(store.reads, scope);
    const organization = { id: scope.organizationId, limits: noLimits, endUserLimits };
    const subjects = users.flatMap(({ id }) => limitsOfCaller({ organization, endUserId: id }));
    const limits = new Map(subjects.map((one) => [one.id, one.limits]));
    const consumed = await readConsumed(engine, subjects);
    return (user: UserSummary) => toUserResource(user, limits.get(user.id) ?? noLimits, consumed(user.id));
  }

  return [
    route({
      method: 'GET',
      path,
      access,
      schema: {
        tags,
        operationId: 'listUsers',
        summary: 'List end users, newest first',
        description:
          'Who has got a token. A page may hold fewer than `limit` and still have a `next_cursor`: each looks at a bounded number of users.',
        params: OrganizationParams,
        querystring: UsersQuery,
        response: { 200: answer('A page of end users.', pageOf('EndUsers', EndUser)), ...refusals },
      },
      async handler({ scope, query }) {
        const { environment, user_id: userId, q } = query;
        const page = pageByTime(query);
        const filter = { ...activityFilter(query), environment, userId, q };
        const found = await store.report('users', { scope, filter, page });
        return toTimePageResource(found, await shown(scope, found.data));
      },
    }),
    route({
      method: 'GET',
      path: `${path}/:user_id`,
      access,
      schema: {
        tags,
        operationId: 'getUser',
        summary: 'Get an end user',
        description:
          'Of prod keys, where both have a user of this `user_id` and `environment` is absent. `GET /users?user_id=` lists both.',
        params: UserParams,
        querystring: UserQuery,
        response: { 200: answer('The end user.', EndUser), ...refusals },
      },
      async handler({ scope, params, query: { environment } }) {
        const filter = { userId: params.user_id, environment };
        // At most one in each environment.
        const { data } = await store.report('users', { scope, filter, page: { limit: 2 } });
        const isProd = (user: UserSummary): boolean => user.environment === 'prod';
        const user = data.find(isProd) ?? data[0];
        if (user === undefined) throw notFound('user');
        return (await shown(scope, [user]))(user);
      },
    }),
  ];
}
