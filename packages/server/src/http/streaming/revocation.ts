/**
 * What follows when a credential is taken away: its connections end, then what it runs and has queued is cancelled. What
 * was accepted at the same moment, and what runs under a key that has expired, is cancelled a second later at most.
 */
import type { Principal } from '../../auth/principal.ts';
import { every } from '../../concurrency/every.ts';
import type { GenerationEngine } from '../../generation/interface.ts';
import type { Connections } from './connections.ts';

/** Call these once the store has the revocation; each resolves when all that it ends has ended. */
export interface Revocation {
  key(keyId: string): Promise<void>;
  /** One of a key's secrets was replaced: its connections end, and what it has begun goes on under the other. */
  secret(keyId: string): Promise<void>;
  member(memberId: string): Promise<void>;
  /** What end users who are being erased run is cancelled by whoever erases it. */
  endUsers(endUserIds: readonly string[]): Promise<void>;
}

export interface RevocationOptions {
  readonly connections: Connections;
  readonly engine: Pick<GenerationEngine, 'cancelWhere'>;
  /** Epoch milliseconds. */
  now(): number;
  onError(error: unknown): void;
}

const sweepMs = 1000;

export function createRevocation(options: RevocationOptions): Revocation & Disposable {
  const { connections, engine, now, onError } = options;
  const hasKey = (keyId: string) => (caller: Principal) => 'keyId' in caller && caller.keyId === keyId;
  const sweep = every(sweepMs, () => engine.cancelWhere({ revokedAt: now() }), onError);
  return {
    async key(keyId) {
      await connections.look(hasKey(keyId));
      await engine.cancelWhere({ apiKeyId: keyId });
    },
    secret: (keyId) => connections.look(hasKey(keyId)),
    async member(memberId) {
      await connections.look((caller) => caller.kind === 'member' && caller.memberId === memberId);
      await engine.cancelWhere({ memberId });
    },
    endUsers(endUserIds) {
      const ids = new Set(endUserIds);
      return connections.look((caller) => caller.kind === 'end-user' && ids.has(caller.endUserId));
    },
    [Symbol.dispose]: () => sweep[Symbol.dispose](),
  };
}
