/** Whom a request acts for: the end user that `safety_identifier`, or the deprecated `user`, names. */
import type { Authenticator } from '../../../../auth/authenticator.ts';
import { invalid } from '../../../../domain/errors.ts';
import type { GrantedRequest } from '../../../routing/route.ts';

export interface NamedUser {
  readonly safety_identifier?: string;
  readonly user?: string;
}

/**
 * From here on the request is made for the end user that it names, who is stored if new.
 * @throws AppError invalid_request (two different names), conflict (the user is being erased)
 */
export async function actFor(
  request: GrantedRequest<'conversation'>,
  authenticator: Authenticator,
  { safety_identifier: identifier, user }: NamedUser,
): Promise<void> {
  if (identifier !== undefined && user !== undefined && identifier !== user)
    throw invalid('user', 'user must be absent or equal to safety_identifier');
  const named = identifier ?? user;
  const { caller } = request;
  if (named === undefined || caller.kind === 'end-user' || caller.kind === 'anonymous') return;
  const acting = await authenticator.actFor(caller, named);
  Object.assign(request, { caller: acting, scope: acting.scope });
}
