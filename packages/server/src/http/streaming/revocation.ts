/**
 * What follows when a credential is taken away: its connections end, then what it runs and has queued is cancelled. What
 * was accepted at the same moment, and what runs under a key that has expired, is cancelled a second later at most. Other
 * servers are told, so that connections there end as soon; without a bus they find out within a second.
 */
import { isOutsideMember, type Principal } from '../../auth/principal.ts';
import { sessionOf } from '../../auth/still-good.ts';
import type { Bus } from '../../bus/bus.ts';
import { every } from '../../concurrency/every.ts';
import type { GenerationEngine } from '../../generation/interface.ts';
import type { Connections } from './connections.ts';

/** Call these once the store has the revocation; each resolves when all that it ends has ended. */
export interface Revocation {
  key(keyId: string): Promise<void>;
  /** One of a key's secrets was replaced: its connections end, and what it has begun goes on under the other. */
  secret(keyId: string): Promise<void>;
  member(memberId: string): Promise<void>;
  /** Sessions have ended: the connections of their tokens end, and what they have begun goes on. */
  sessions(sessionIds: readonly string[]): Promise<void>;
  /** What end users who are being erased run is cancelled by whoever erases it. */
  endUsers(endUserIds: readonly string[]): Promise<void>;
  /** All tokens of this server that were signed until now: their connections end, and what they have begun goes on. */
  tokens(): void;
}

export interface RevocationOptions {
  readonly connections: Connections;
  readonly engine: Pick<GenerationEngine, 'cancelWhere'>;
  readonly bus: Bus;
  /** Epoch milliseconds. */
  now(): number;
  onError(error: unknown): void;
}

const sweepMs = 1000;
const topic = 'revoked';

/** Whose credentials were revoked, as servers tell each other. */
interface Revoked {
  readonly keyId?: string;
  readonly memberId?: string;
  readonly endUserIds?: readonly string[];
  readonly sessionIds?: readonly string[];
}

function concerns({
  keyId,
  memberId,
  endUserIds = [],
  sessionIds = [],
}: Revoked): (caller: Principal) => boolean {
  const users = new Set(endUserIds);
  const sessions = new Set(sessionIds);
  return (caller) => {
    const session = sessionOf(caller);
    if (session !== undefined && sessions.has(session.id)) return true;
    if (keyId !== undefined && 'keyId' in caller && caller.keyId === keyId) return true;
    if (caller.kind === 'member') return memberId !== undefined && caller.memberId === memberId;
    return caller.kind === 'end-user' && users.has(caller.endUserId);
  };
}

function parseRevoked(message: string): Revoked {
  try {
    return JSON.parse(message) as Revoked;
  } catch {
    return {};
  }
}

export function createRevocation(options: RevocationOptions): Revocation & Disposable {
  const { connections, engine, bus, now, onError } = options;
  const sweep = every(sweepMs, () => engine.cancelWhere({ revokedAt: now() }), onError);
  const heard = bus.subscribe(topic, (message) => {
    connections.look(concerns(parseRevoked(message))).catch(onError);
  });
  const endConnections = (revoked: Revoked): Promise<void> => {
    void bus.publish(topic, JSON.stringify(revoked));
    return connections.look(concerns(revoked));
  };
  return {
    async key(keyId) {
      await endConnections({ keyId });
      await engine.cancelWhere({ apiKeyId: keyId });
    },
    secret: (keyId) => endConnections({ keyId }),
    async member(memberId) {
      await endConnections({ memberId });
      await engine.cancelWhere({ memberId });
    },
    async sessions(sessionIds) {
      if (sessionIds.length > 0) await endConnections({ sessionIds });
    },
    endUsers: (endUserIds) => endConnections({ endUserIds }),
    // Other servers have no part in it: where some run, the secret of tokens is theirs too, and stays.
    tokens() {
      connections.end(
        (caller) =>
          caller.kind === 'end-user' ||
          (caller.kind === 'member' && !isOutsideMember(caller)) ||
          sessionOf(caller) !== undefined,
      );
    },
    [Symbol.dispose]() {
      sweep[Symbol.dispose]();
      heard[Symbol.dispose]();
    },
  };
}
