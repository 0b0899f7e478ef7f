/** A sign-in that failed. The audit trail hears of it once for each organization of the account, if there is one. */
import type { AuditActor } from '../../domain/audit/trail.ts';
import { AppError } from '../../domain/errors.ts';
import type { Membership } from '../../store/queries/accounts.ts';

export interface RefusedHolder {
  /** Null: the operator's trail. */
  readonly organizationId: string | null;
  readonly actor: AuditActor;
  readonly accountId: string | null;
}

export class RefusedSignIn extends AppError {
  readonly holders: readonly RefusedHolder[];

  constructor(message: string, accountId: string | null = null, memberships: readonly Membership[] = []) {
    super('unauthenticated', message);
    this.holders =
      accountId === null
        ? [{ organizationId: null, actor: { kind: 'stranger', id: null }, accountId: null }]
        : trailsOf(accountId, memberships).map((trail) => ({ ...trail, accountId }));
  }
}

/** In whose trails what an account does is noted, and as whom: its organizations', or else the operator's. */
export function trailsOf(
  accountId: string,
  memberships: readonly Membership[],
): readonly [TrailOfAccount, ...TrailOfAccount[]] {
  const [first, ...others] = memberships.map(
    ({ organizationId, memberId }): TrailOfAccount => ({
      organizationId,
      actor: { kind: 'member', id: memberId },
    }),
  );
  if (first === undefined) return [{ organizationId: null, actor: { kind: 'account', id: accountId } }];
  return [first, ...others];
}

export interface TrailOfAccount {
  readonly organizationId: string | null;
  readonly actor: AuditActor;
}
