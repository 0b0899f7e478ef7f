/** `/api/chat/me`: an end user exports or erases everything that is stored of them. */
import type { ApiKeyPrincipal, EndUserPrincipal } from '../../../auth/principal.ts';
import { AppError, invalid, notFound } from '../../../domain/errors.ts';
import { type EndUserRecord, findEndUser, listEndUsers } from '../../../store/queries/end-users.ts';
import type { Database } from '../../../store/store.ts';
import { exportType, exportUsers } from '../../end-users/export.ts';
import { type Route, route } from '../../routing/route.ts';
import type { DialectDependencies } from '../dialect-module.ts';
import * as documentation from './documentation.ts';

const access = 'key-or-end-user';

export function meRoutes({ store, erasure }: DialectDependencies): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/chat/me',
      access,
      schema: documentation.exportMe,
      async handler({ caller, scope, query }, reply) {
        const user = await findUser(store.reads, caller, query.user_id);
        return reply.type(exportType).send(exportUsers(store, scope, [user]));
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/chat/me',
      access,
      schema: documentation.eraseMe,
      async handler(request) {
        const { caller, scope, query } = request;
        const user = await findUser(store.reads, caller, query.user_id);
        return erasure.endUsers(scope, [user.id], request);
      },
    }),
  ];
}

/**
 * The user of the token, or the one that a key names, in the key's environment.
 * @throws AppError invalid_request (a key names nobody), forbidden (a token names somebody else), not_found
 */
export async function findUser(
  reads: Database,
  caller: ApiKeyPrincipal | EndUserPrincipal,
  userId: string | undefined,
): Promise<EndUserRecord> {
  if (caller.kind === 'end-user') {
    const own = await findEndUser(reads, caller.scope, caller.endUserId);
    if (own === undefined) throw notFound('user');
    if (userId !== undefined && userId !== own.externalId) {
      throw new AppError('forbidden', 'user_id: a token is for its own user only');
    }
    return own;
  }
  if (userId === undefined) throw invalid('user_id', 'user_id must be given with an API key');
  const users = await listEndUsers(reads, caller.scope, userId);
  const named = users.find(({ environment }) => environment === caller.scope.environment);
  if (named === undefined) throw notFound('user');
  return named;
}
