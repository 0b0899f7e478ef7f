/** Whether callers whose connections are open would still be let in. A token that runs out ends no connection. */
import {
  type CredentialStates,
  type KeyState,
  readCredentialStates,
} from '../store/queries/credential-states.ts';
import type { Database } from '../store/store.ts';
import { isAliveSession } from './accounts/sessions.ts';
import { isOutsideMember, type Principal, type PrincipalSession } from './principal.ts';

/**
 * Those of the callers whose credential is worth nothing any more: a revoked or expired key, a secret that another one
 * has replaced, a member who was removed, a session that has ended, an end user who is being erased. Ask for some hundred at once at most.
 * @param now in epoch milliseconds
 */
export async function findRevoked(
  reads: Database,
  callers: readonly Principal[],
  now: number,
): Promise<ReadonlySet<Principal>> {
  const states = await readCredentialStates(reads, {
    keyIds: distinct(callers.map((caller) => ('keyId' in caller ? caller.keyId : null))),
    memberIds: distinct(
      callers.map((caller) =>
        caller.kind === 'member' && !isOutsideMember(caller) ? caller.memberId : null,
      ),
    ),
    endUserIds: distinct(callers.map((caller) => (caller.kind === 'end-user' ? caller.endUserId : null))),
    sessionIds: distinct(callers.map((caller) => sessionOf(caller)?.id ?? null)),
  });
  return new Set(callers.filter((caller) => !isGood(caller, states, now)));
}

function distinct(ids: readonly (string | null)[]): readonly string[] {
  return [...new Set(ids.filter((id) => id !== null))];
}

export function sessionOf(caller: Principal): PrincipalSession | undefined {
  return 'session' in caller ? caller.session : undefined;
}

function isGood(caller: Principal, states: CredentialStates, now: number): boolean {
  const { keys, members, endUsers } = states;
  switch (caller.kind) {
    case 'api-key': {
      const key = keys.get(caller.keyId);
      return key !== undefined && isAlive(key, now) && isSecretOf(key, caller.secretHash, now);
    }
    case 'end-user': {
      const key = keys.get(caller.keyId);
      return key !== undefined && isAlive(key, now) && endUsers.has(caller.endUserId);
    }
    case 'member':
      if (isOutsideMember(caller)) return true;
      if (caller.session === undefined) return members.has(caller.memberId);
      return (
        members.get(caller.memberId) === caller.session.accountId && isSignedIn(caller.session, states, now)
      );
    case 'admin': {
      if (caller.session !== undefined) {
        const isOperator = states.sessions.get(caller.session.id)?.isOperator === true;
        return isOperator && isSignedIn(caller.session, states, now);
      }
      const key = caller.keyId === null ? undefined : keys.get(caller.keyId);
      return caller.keyId === null || (key !== undefined && isAlive(key, now));
    }
    case 'anonymous':
      return true;
  }
}

function isSignedIn(
  { id, accountId }: PrincipalSession,
  { sessions }: CredentialStates,
  now: number,
): boolean {
  const session = sessions.get(id);
  return session?.accountId === accountId && isAliveSession(session, now);
}

function isAlive(key: KeyState, now: number): boolean {
  return !key.isRevoked && (key.expiresAt === null || key.expiresAt > now);
}

function isSecretOf(key: KeyState, hash: string, now: number): boolean {
  return key.hash === hash || (key.previousHash === hash && (key.previousUntil ?? 0) > now);
}
