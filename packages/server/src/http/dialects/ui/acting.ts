/** Whom a request acts for: the end user that an API key names. */
import type { Authenticator } from '../../../auth/authenticator.ts';
import { AppError } from '../../../domain/errors.ts';
import { findEndUserId } from '../../../store/queries/end-users.ts';
import type { GrantedRequest } from '../../routing/route.ts';
import type { DialectDependencies } from '../dialect-module.ts';

type ActingRequest = GrantedRequest<'chat'> | GrantedRequest<'conversation'>;

/**
 * From here on the request is made for this end user, who is stored if new.
 * @throws AppError forbidden (the caller is no key), conflict (the user is being erased)
 */
export async function actForUser(
  request: ActingRequest,
  authenticator: Authenticator,
  user: string | null | undefined,
): Promise<void> {
  if (user == null) return;
  const { caller } = request;
  if (caller.kind !== 'api-key')
    throw new AppError('forbidden', 'user: only an API key acts for the end user that it names', {
      field: 'user',
    });
  const acting = await authenticator.actFor(caller, user);
  Object.assign(request, { caller: acting, scope: acting.scope });
}

/**
 * The same for what only reads or ends: nobody is stored for it. Gives false where there is no such user, who then has
 * no chat. @throws AppError forbidden
 */
export async function lookForUser(
  request: ActingRequest,
  { authenticator, store }: Pick<DialectDependencies, 'authenticator' | 'store'>,
  user: string | undefined,
): Promise<boolean> {
  if (user === undefined) return true;
  const isThere =
    request.caller.kind !== 'api-key' ||
    (await findEndUserId(store.reads, request.scope, user)) !== undefined;
  if (isThere) await actForUser(request, authenticator, user);
  return isThere;
}
