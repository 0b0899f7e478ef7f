/**
 * The connections that last: streams, and calls that wait for an answer. Each is ended once its caller's credential is
 * worth nothing any more, whichever replica has revoked it: all callers are looked at again and again, and those whom a
 * revocation concerns at once where it happens.
 */
import { credentialName, type Principal } from '../../auth/principal.ts';
import { findRevoked, sessionOf } from '../../auth/still-good.ts';
import { every } from '../../concurrency/every.ts';
import { unauthenticated } from '../../domain/errors.ts';
import type { Database } from '../../store/store.ts';

export interface Connections {
  /** Calls `end`, once, when the caller's credential is found to be revoked. Dispose of it when the connection ends. */
  add(caller: Principal | undefined, end: () => void): Disposable;
  /** Whether the caller would still be let in. */
  isGood(caller: Principal | undefined): Promise<boolean>;
  /** Ends connections of revoked callers among those that `concerns`, without waiting for the next look. */
  look(concerns: (caller: Principal) => boolean): Promise<void>;
  /** Ends the connections of the callers that `concerns`, whatever their credential is worth. */
  end(concerns: (caller: Principal) => boolean): void;
}

export interface ConnectionsOptions {
  readonly reads: Database;
  /** Epoch milliseconds. */
  now(): number;
  onError(error: unknown): void;
}

/** A second between two looks; each looks at so many callers, those that were not looked at for longest. */
const lookMs = 1000;
const callersAtOnce = 500;

/** What the caller of a connection that ends so is told. */
export const revokedMessage = 'the credential of this connection is no longer valid';

/** All connections of one credential. */
interface Held {
  readonly caller: Principal;
  readonly ends: Set<() => void>;
}

export function createConnections({ reads, now, onError }: ConnectionsOptions): Connections & Disposable {
  /** By credential, those first that were not looked at for longest. */
  const held = new Map<string, Held>();

  async function endRevoked(all: readonly Held[]): Promise<void> {
    for (let from = 0; from < all.length; from += callersAtOnce) {
      const some = all.slice(from, from + callersAtOnce);
      const revoked = await findRevoked(
        reads,
        some.map(({ caller }) => caller),
        now(),
      );
      for (const { caller, ends } of some) {
        if (!revoked.has(caller)) continue;
        for (const end of [...ends]) end();
      }
    }
  }

  async function lookAround(): Promise<void> {
    const next = held.entries().take(callersAtOnce).toArray();
    for (const [name, one] of next) {
      held.delete(name);
      held.set(name, one);
    }
    if (next.length > 0) await endRevoked(next.map(([, one]) => one));
  }

  const repetition = every(lookMs, lookAround, onError);
  return {
    add(caller, end) {
      const name = caller && nameOf(caller);
      if (caller === undefined || name === undefined) return { [Symbol.dispose]() {} };
      const one = held.get(name) ?? { caller, ends: new Set() };
      held.set(name, one);
      // One end for each connection, though two may share a function.
      const ending = (): void => {
        leave();
        end();
      };
      const leave = (): void => {
        one.ends.delete(ending);
        if (one.ends.size === 0 && held.get(name) === one) held.delete(name);
      };
      one.ends.add(ending);
      return { [Symbol.dispose]: leave };
    },
    async isGood(caller) {
      if (caller === undefined || nameOf(caller) === undefined) return true;
      return (await findRevoked(reads, [caller], now())).size === 0;
    },
    end(concerns) {
      const all = [...held.values()].filter(({ caller }) => concerns(caller));
      for (const end of all.flatMap(({ ends }) => [...ends])) end();
    },
    look: (concerns) => endRevoked([...held.values()].filter(({ caller }) => concerns(caller))),
    [Symbol.dispose]: () => repetition[Symbol.dispose](),
  };
}

/** What tells credentials apart; undefined for a caller without one, whom nothing can be taken from. */
function nameOf(caller: Principal): string | undefined {
  if (caller.kind === 'anonymous') return undefined;
  if (caller.kind === 'api-key') return `${credentialName(caller)} ${caller.secretHash}`;
  if (caller.kind === 'end-user') return `${credentialName(caller)} ${caller.keyId}`;
  const session = sessionOf(caller);
  return session === undefined ? credentialName(caller) : `${credentialName(caller)} ${session.id}`;
}

/**
 * Waits for a call's answer, and fails as soon as its caller's credential is revoked.
 * @throws AppError unauthenticated
 */
export async function whileGood<T>(
  connections: Connections,
  caller: Principal,
  answer: Promise<T>,
): Promise<T> {
  const { promise: revoked, reject } = Promise.withResolvers<never>();
  using _connection = connections.add(caller, () => reject(unauthenticated(revokedMessage)));
  return await Promise.race([answer, revoked]);
}
