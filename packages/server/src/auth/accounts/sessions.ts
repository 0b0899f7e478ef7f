/** Who is signed in, by what a browser bears. */
import { sessionEnd, sessionTouchMs } from '../../domain/accounts/account.ts';
import { unauthenticated } from '../../domain/errors.ts';
import { findSessionByHash, type SessionRecord } from '../../store/queries/accounts.ts';
import type { Store } from '../../store/store.ts';
import { hashOfSecret } from './bearer-secret.ts';

export interface SignedIn {
  readonly accountId: string;
  readonly sessionId: string;
  readonly isOperator: boolean;
  /** When the session began. Epoch milliseconds. */
  readonly begunAt: number;
  /** When the session ends if nobody uses it any more. Epoch milliseconds. */
  readonly endsAt: number;
}

export interface Sessions {
  /** Undefined for what no session bears, or one that has ended. */
  find(secret: string | undefined): Promise<SignedIn | undefined>;
  /** @throws AppError unauthenticated */
  require(secret: string | undefined): Promise<SignedIn>;
}

/** @param now gives epoch milliseconds */
export function createSessions(
  store: Pick<Store, 'reads' | 'execute'>,
  now: () => number,
  onError: (error: unknown) => void,
): Sessions {
  async function find(secret: string | undefined): Promise<SignedIn | undefined> {
    const hash = secret === undefined ? undefined : hashOfSecret(secret);
    const session = hash === undefined ? undefined : await findSessionByHash(store.reads, hash);
    if (session === undefined || !isAliveSession(session, now())) return undefined;
    const { id, accountId, isOperator, createdAt, lastUsedAt } = session;
    if (now() - lastUsedAt >= sessionTouchMs) {
      // Nobody waits for it: what is lost is a minute of when it was used last.
      store.execute('touchSession', { id, accountId, now: now() }).catch(onError);
    }
    const endsAt = sessionEnd({ ...session, lastUsedAt: now() });
    return { accountId, sessionId: id, isOperator, begunAt: createdAt, endsAt };
  }

  return {
    find,
    async require(secret) {
      const found = await find(secret);
      if (found !== undefined) return found;
      throw unauthenticated(secret === undefined ? 'sign in first' : 'you are signed out; sign in again');
    },
  };
}

/** @param now epoch milliseconds */
export function isAliveSession(
  session: Pick<SessionRecord, 'createdAt' | 'lastUsedAt'>,
  now: number,
): boolean {
  return sessionEnd(session) > now;
}
