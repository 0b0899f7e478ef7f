/** `/organizations/{org_id}/users/{user_id}`: exports or erases everything that is stored about an end user. */

import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { notFound } from '../../../domain/errors.ts';
import type { Environment, OrganizationScope } from '../../../domain/scope.ts';
import { toTime } from '../../../domain/text/time.ts';
import { exportEndUser } from '../../../store/queries/end-user-export.ts';
import { type EndUserRecord, listEndUsers } from '../../../store/queries/end-users.ts';
import { toJsonLine } from '../../answer/json-line.ts';
import { answer } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { organizationPath, refusals, tags } from '../schema.ts';
import { eraseEndUsers } from './erasure.ts';
import { ErasedUser, UserParams, UserQuery } from './schema.ts';

const access = 'organization-admin';
const path = `${organizationPath}/users/:user_id`;

export function userRoutes(dependencies: AdminDependencies): readonly Route[] {
  const { store } = dependencies;

  async function usersOf(
    scope: OrganizationScope,
    userId: string,
    environment: Environment | undefined,
  ): Promise<EndUserRecord[]> {
    const users = (await listEndUsers(store.reads, scope, userId)).filter(
      (user) => environment === undefined || user.environment === environment,
    );
    if (users.length === 0) throw notFound('user');
    return users;
  }

  async function* lines(scope: OrganizationScope, users: readonly EndUserRecord[]): AsyncGenerator<string> {
    for (const user of users) {
      for await (const entry of exportEndUser(store.reads, scope, user)) {
        yield `${toJsonLine(entry, withTimes)}\n`;
      }
    }
  }

  return [
    route({
      method: 'GET',
      path: `${path}/export`,
      access,
      schema: {
        tags,
        operationId: 'exportUser',
        summary: 'All that is stored of an end user, as JSON Lines',
        params: UserParams,
        querystring: UserQuery,
        response: {
          200: {
            description: 'A JSON object a line; `type` says what it is.',
            content: {
              'application/jsonl': {
                schema: Type.String({ examples: ['{"type":"end_user","user_id":"customer-4711"}\n'] }),
              },
            },
          },
          ...refusals,
        },
      },
      async handler({ scope, params, query }, reply) {
        const users = await usersOf(scope, params.user_id, query.environment);
        reply.header('Content-Type', 'application/jsonl; charset=utf-8');
        // Fastify sends a stream as it is; the schema's type is that of the text.
        return reply.send(Readable.from(lines(scope, users)) as unknown as string);
      },
    }),
    route({
      method: 'DELETE',
      path,
      access,
      schema: {
        tags,
        operationId: 'deleteUser',
        summary: 'Erase an end user',
        params: UserParams,
        querystring: UserQuery,
        response: { 200: answer('How much was deleted.', ErasedUser), ...refusals },
      },
      async handler({ scope, params, query }) {
        const users = await usersOf(scope, params.user_id, query.environment);
        const ids = users.map(({ id }) => id);
        return eraseEndUsers(dependencies, scope, ids);
      },
    }),
  ];
}

/** A `JSON.stringify` replacer that writes stored times in RFC 3339. */
function withTimes(name: string, value: unknown): unknown {
  return name.endsWith('_at') && typeof value === 'number' ? toTime(value) : value;
}
