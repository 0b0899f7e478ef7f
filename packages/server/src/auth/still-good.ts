/** Whether callers whose connections are open would still be let in. A token that runs out ends no connection. */
import {
  type CredentialStates,
  type KeyState,
  readCredentialStates,
} from '../store/queries/credential-states.ts';
import type { Database } from '../store/store.ts';
import { isOutsideMember, type Principal } from './principal.ts';

/**
 * Those of the callers whose credential is worth nothing any more: a revoked or expired key, a secret that another one
 * has replaced, a member who was removed, an end user who is being erased. Ask for some hundred at once at most.
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
  });
  return new Set(callers.filter((caller) => !isGood(caller, states, now)));
}

function distinct(ids: readonly (string | null)[]): readonly string[] {
  return [...new Set(ids.filter((id) => id !== null))];
}

function isGood(caller: Principal, { keys, members, endUsers }: CredentialStates, now: number): boolean {
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
      return isOutsideMember(caller) || members.has(caller.memberId);
    case 'admin': {
      const key = caller.keyId === null ? undefined : keys.get(caller.keyId);
      return caller.keyId === null || (key !== undefined && isAlive(key, now));
    }
    case 'anonymous':
      return true;
  }
}

function isAlive(key: KeyState, now: number): boolean {
  return !key.isRevoked && (key.expiresAt === null || key.expiresAt > now);
}

function isSecretOf(key: KeyState, hash: string, now: number): boolean {
  return key.hash === hash || (key.previousHash === hash && (key.previousUntil ?? 0) > now);
}
