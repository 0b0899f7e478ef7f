/** `/organizations/{org_id}/users/{user_id}`: all that is stored of an end user, to hand over or to erase. */
import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { notFound } from '../../../domain/errors.ts';
import type { OrganizationScope } from '../../../domain/scope.ts';
import { exportEndUser } from '../../../store/queries/end-user-export.ts';
import { listEndUsers } from '../../../store/queries/end-users.ts';
import type { EndUserTable } from '../../../store/tables.ts';
import { type AdminApp, openOrganization } from '../access.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { answers, failures, OrganizationParams, oneOf } from '../schema.ts';
import { toTime } from '../time.ts';
import { eraseEndUsers } from './erasure.ts';

const Params = Type.Object({
  ...OrganizationParams.properties,
  user_id: Type.String({ description: 'The `user_id` of `get_token`.', examples: ['customer-4711'] }),
});

const Query = Type.Object({
  environment: Type.Optional(
    oneOf(['test', 'prod'] as const, {
      description: 'Only the user of test or of prod keys; without it, both.',
      examples: ['prod'],
    }),
  ),
});

const Erased = Type.Object(
  {
    deleted: Type.Record(Type.String(), Type.Integer(), {
      description: 'How many entries went, by store; usage stays, without the user.',
      examples: [{ conversations: 3, messages: 12 }],
    }),
  },
  { title: 'ErasedUser', description: 'What was deleted.' },
);

export function userRoutes(app: AdminApp, dependencies: AdminDependencies): void {
  const { store } = dependencies;
  const path = '/organizations/:org_id/users/:user_id';

  async function usersOf(
    scope: OrganizationScope,
    userId: string,
    environment: 'test' | 'prod' | undefined,
  ): Promise<EndUserTable[]> {
    const users = (await listEndUsers(store.reads, scope, userId)).filter(
      (user) => environment === undefined || user.environment === environment,
    );
    if (users.length === 0) throw notFound('user');
    return users;
  }

  async function* lines(scope: OrganizationScope, users: readonly EndUserTable[]): AsyncGenerator<string> {
    for (const user of users) {
      for await (const entry of exportEndUser(store.reads, scope, user)) {
        yield `${JSON.stringify(entry, withTimes)}\n`;
      }
    }
  }

  app.get(
    `${path}/export`,
    {
      exposeHeadRoute: false,
      schema: {
        tags: ['admin'],
        operationId: 'exportUser',
        summary: 'All that is stored of an end user, as JSON Lines',
        params: Params,
        querystring: Query,
        response: {
          200: {
            description: 'A JSON object a line; `type` says what it is.',
            content: {
              'application/jsonl': {
                schema: Type.String({ examples: ['{"type":"end_user","user_id":"customer-4711"}\n'] }),
              },
            },
          },
          ...failures(),
        },
      },
    },
    async (request, reply) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      const users = await usersOf(scope, request.params.user_id, request.query.environment);
      reply.header('Content-Type', 'application/jsonl; charset=utf-8').header('Cache-Control', 'no-store');
      // Fastify sends a stream as it is; the schema's type is that of the text.
      return await reply.send(Readable.from(lines(scope, users)) as unknown as string);
    },
  );

  app.delete(
    path,
    {
      schema: {
        tags: ['admin'],
        operationId: 'deleteUser',
        summary: 'Erase an end user',
        params: Params,
        querystring: Query,
        response: answers(Erased, 'How much was deleted.'),
      },
    },
    async (request) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      const users = await usersOf(scope, request.params.user_id, request.query.environment);
      return {
        deleted: await eraseEndUsers(
          dependencies,
          scope,
          users.map((user) => user.id),
        ),
      };
    },
  );
}

/** Stored times become RFC 3339. */
function withTimes(name: string, value: unknown): unknown {
  return name.endsWith('_at') && typeof value === 'number' ? toTime(value) : value;
}
