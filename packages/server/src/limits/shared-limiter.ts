/**
 * Counts on Redis for all servers of a store together. While Redis is away each server counts for itself, and grants its
 * share; when it is back, what is open is told anew. What is taken on Redis is counted here too, so that a share that
 * begins in the middle of a minute is not a whole one.
 */
import type { Bus } from '../bus/bus.ts';
import { every } from '../concurrency/every.ts';
import {
  type ProcessLimitName,
  processLimitNames,
  type SubjectLimits,
  subjectName,
} from '../domain/limits/limits.ts';
import {
  isRate,
  type Limiter,
  type LimitState,
  limited,
  rateState,
  type Taken,
  type Wanted,
} from './limiter.ts';
import {
  aliveMs,
  aliveScript,
  endScript,
  holdScript,
  readScript,
  settleScript,
  takeScript,
} from './scripts.ts';

export interface SharedLimiterOptions {
  readonly bus: Bus;
  /** An id of this process. */
  readonly server: string;
  /** Counts in this process, and grants its share. */
  readonly local: Limiter;
  /** A script failed though Redis answers. */
  onError(error: unknown): void;
}

const aliveKeys = 'alive:';
/** Keys of one call at most. */
const keysAtOnce = 200;

/** One limit of one subject. */
interface Part {
  readonly key: string;
  readonly owner: SubjectLimits;
  readonly name: ProcessLimitName;
  readonly limit: number;
}

function partsOf(subjects: readonly SubjectLimits[], names: readonly ProcessLimitName[]): Part[] {
  return subjects.flatMap((owner) =>
    names.flatMap((name): Part[] => {
      const limit = owner.limits[name];
      return limit === undefined ? [] : [{ key: `limit:${subjectName(owner)}:${name}`, owner, name, limit }];
    }),
  );
}

const kindOf = ({ name }: Part): string => (isRate(name) ? 'rate' : 'open');
const keysOf = (parts: readonly { readonly key: string }[]): string[] => [
  aliveKeys,
  ...parts.map(({ key }) => key),
];

export function createSharedLimiter(options: SharedLimiterOptions): Limiter & AsyncDisposable {
  const { bus, server, local, onError } = options;
  /** What this server has open, by key. A 0 is kept until Redis has heard of it. */
  const opens = new Map<string, number>();
  /** Whether Redis may have counted what this server did not. */
  let isDoubtful = false;
  /** Counts how often Redis was told all that is open. */
  let told = 0;

  const tellOpen = async (): Promise<void> => {
    told += 1;
    isDoubtful = false;
    const all = [...opens];
    for (const [key, count] of all) if (count === 0) opens.delete(key);
    // All are sent before anything else is: what follows adds to them.
    const calls: Promise<unknown>[] = [];
    for (let from = 0; from < all.length; from += keysAtOnce) {
      const some = all.slice(from, from + keysAtOnce);
      const keys = keysOf(some.map(([key]) => ({ key })));
      calls.push(bus.run(holdScript, keys, [server, ...some.map(([, count]) => String(count))]));
    }
    await Promise.all(calls);
  };
  const changes = bus.onChange((isUp) => {
    if (isUp) tellOpen().catch(onError);
  });
  const beats = every(
    aliveMs / 4,
    async () => {
      if (!bus.isUp) return;
      if ((await bus.run(aliveScript, [aliveKeys], [server])) === 0 || isDoubtful) await tellOpen();
    },
    onError,
  );

  /** Adds to what is open, or to what a rate has used, here and on Redis. */
  const settle = (parts: readonly Part[], amountOf: (part: Part) => number): void => {
    const changed = parts.filter((part) => amountOf(part) !== 0);
    for (const part of changed) if (!isRate(part.name)) addOpen(part.key, amountOf(part));
    if (!bus.isUp || changed.length === 0) return;
    const args = changed.flatMap((part) => [kindOf(part), String(part.limit), String(amountOf(part))]);
    bus.run(settleScript, keysOf(changed), [server, ...args]).catch(onError);
  };
  const addOpen = (key: string, amount: number): void => {
    const count = Math.max(0, (opens.get(key) ?? 0) + amount);
    if (count === 0 && bus.isUp) opens.delete(key);
    else opens.set(key, count);
  };

  /** Whether Redis admitted it; false where it can't be asked. @throws AppError rate_limited */
  const takeShared = async (
    parts: readonly Part[],
    wanted: Wanted,
    evenBeyond: boolean,
  ): Promise<boolean> => {
    const args = parts.flatMap((part) => {
      const amount = wanted[part.name] ?? 0;
      // Of tokens one suffices: what is too much is waited for afterwards.
      const needed = part.name === 'tokens_per_minute' ? 1 : amount;
      return [kindOf(part), String(part.limit), String(amount), String(needed)];
    });
    let answer: readonly [number, number];
    try {
      answer = (await bus.run(takeScript, keysOf(parts), [server, evenBeyond ? '1' : '0', ...args])) as [
        number,
        number,
      ];
    } catch (error) {
      isDoubtful = true;
      if (bus.isUp) onError(error);
      return false;
    }
    const [worst, waitMs] = answer;
    const refusing = parts[worst - 1];
    if (refusing === undefined) return true;
    throw limited(refusing.owner.subject, refusing.name, refusing.limit, waitMs);
  };

  return {
    async take(subjects, wanted, { evenBeyond = false } = {}) {
      const names = processLimitNames.filter((name) => wanted[name] !== undefined);
      const parts = partsOf(subjects, names);
      const asked = told;
      const isShared = parts.length > 0 && bus.isUp && (await takeShared(parts, wanted, evenBeyond));
      const here = await local.take(subjects, wanted, { evenBeyond: evenBeyond || isShared });
      const openParts = parts.filter(({ name }) => !isRate(name));
      for (const part of openParts) addOpen(part.key, wanted[part.name] ?? 0);
      let isOver = false;
      const end = (amountOf: (part: Part) => number): void => {
        if (isOver) return;
        isOver = true;
        // Redis knows of what is open if it took it, or was told since; of what a rate has used, if it took it.
        const isKnown = isShared || told > asked;
        if (isKnown) settle(isShared ? parts : openParts, amountOf);
        else for (const part of openParts) addOpen(part.key, amountOf(part));
      };
      return {
        refund() {
          here.refund();
          end((part) => -(wanted[part.name] ?? 0));
        },
        end(tokens) {
          here.end(tokens);
          end((part) => {
            const amount = wanted[part.name] ?? 0;
            if (!isRate(part.name)) return -amount;
            return part.name === 'tokens_per_minute' ? tokens - amount : 0;
          });
        },
      } satisfies Taken;
    },
    async states(subjects) {
      const parts = partsOf(subjects, processLimitNames);
      if (parts.length === 0 || !bus.isUp) return await local.states(subjects);
      const args = parts.flatMap((part) => [kindOf(part), String(part.limit)]);
      try {
        const used = (await bus.run(readScript, keysOf(parts), [server, ...args])) as readonly string[];
        return parts.map(({ owner, name, limit }, index): LimitState => {
          const count = Number(used[index]);
          const about = { subject: owner.subject, id: owner.id, name, limit };
          return {
            ...about,
            ...(isRate(name) ? rateState(count, limit) : { used: count, moreInSeconds: undefined }),
          };
        });
      } catch (error) {
        if (bus.isUp) onError(error);
        return await local.states(subjects);
      }
    },
    async [Symbol.asyncDispose]() {
      beats[Symbol.dispose]();
      changes[Symbol.dispose]();
      if (bus.isUp) await bus.run(endScript, [aliveKeys], [server]).catch(() => undefined);
    },
  };
}
