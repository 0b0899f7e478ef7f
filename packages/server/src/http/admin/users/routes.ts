/**
 * `/organizations/{org_id}/users`: exports or erases everything that is stored about an end user, who stands in the path
 * or, for ids that are awkward there, in `?user_id=`.
 */
import type { Readable } from 'node:stream';
import { invalid, notFound } from '../../../domain/errors.ts';
import type { Environment, OrganizationScope } from '../../../domain/scope.ts';
import { type EndUserRecord, listEndUsers } from '../../../store/queries/end-users.ts';
import { exportAnswer, exportType, exportUsers } from '../../end-users/export.ts';
import { ErasedUser } from '../../end-users/schema.ts';
import { answer } from '../../openapi/answers.ts';
import { type GrantedRequest, type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { OrganizationParams, organizationPath, refusals, tags } from '../schema.ts';
import { NamedUserQuery, UserParams, UserQuery } from './schema.ts';

const access = 'organization-admin';
const path = `${organizationPath}/users`;

type Request = GrantedRequest<'organization-admin'>;

interface Asked {
  readonly user_id?: string;
  readonly environment?: Environment;
}

export function userRoutes(dependencies: AdminDependencies): readonly Route[] {
  const { store, erasure } = dependencies;

  /** @throws AppError invalid_request, not_found */
  async function usersOf(
    scope: OrganizationScope,
    { user_id: userId, environment }: Asked,
  ): Promise<EndUserRecord[]> {
    if (userId === undefined) throw invalid('user_id', 'user_id must be given');
    const users = (await listEndUsers(store.reads, scope, userId)).filter(
      (user) => environment === undefined || user.environment === environment,
    );
    if (users.length === 0) throw notFound('user');
    return users;
  }

  async function exported(request: Request, asked: Asked): Promise<Readable> {
    const users = await usersOf(request.scope, asked);
    if (request.method !== 'HEAD') {
      const environments = users.map(({ environment }) => environment);
      await store.note(request, 'user.export', { kind: 'user', id: null }, { environments });
    }
    return exportUsers(store, request.scope, users);
  }

  async function erase(request: Request, asked: Asked) {
    const users = await usersOf(request.scope, asked);
    return erasure.endUsers(
      request.scope,
      users.map(({ id }) => id),
      request,
    );
  }

  return [
    route({
      method: 'GET',
      path: `${path}/:user_id/export`,
      access,
      schema: {
        tags,
        operationId: 'exportUser',
        summary: 'All that is stored of an end user, as JSON Lines',
        params: UserParams,
        querystring: UserQuery,
        response: { 200: exportAnswer, ...refusals },
      },
      async handler(request, reply) {
        const lines = await exported(request, { ...request.query, user_id: request.params.user_id });
        return reply.type(exportType).send(lines);
      },
    }),
    route({
      method: 'GET',
      path: `${path}/export`,
      access,
      schema: {
        tags,
        operationId: 'exportNamedUser',
        summary: 'The same, with the user in the query',
        params: OrganizationParams,
        querystring: NamedUserQuery,
        response: { 200: exportAnswer, ...refusals },
      },
      handler: async (request, reply) => reply.type(exportType).send(await exported(request, request.query)),
    }),
    route({
      method: 'DELETE',
      path: `${path}/:user_id`,
      access,
      schema: {
        tags,
        operationId: 'deleteUser',
        summary: 'Erase an end user',
        params: UserParams,
        querystring: UserQuery,
        response: { 200: answer('How much was deleted.', ErasedUser), ...refusals },
      },
      handler: (request) => erase(request, { ...request.query, user_id: request.params.user_id }),
    }),
    route({
      method: 'DELETE',
      path,
      access,
      schema: {
        tags,
        operationId: 'deleteNamedUser',
        summary: 'The same, with the user in the query',
        params: OrganizationParams,
        querystring: NamedUserQuery,
        response: { 200: answer('How much was deleted.', ErasedUser), ...refusals },
      },
      handler: (request) => erase(request, request.query),
    }),
  ];
}
