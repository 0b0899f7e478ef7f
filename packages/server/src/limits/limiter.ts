/**
 * Limits on what happens in a minute, and on what is open at once, of any number of subjects together. Everything is
 * taken from all of them or from none. `Limiter` is the interface; `createProcessLimiter` counts in this process.
 */
import { AppError } from '../domain/errors.ts';
import {
  type LimitName,
  type LimitSubject,
  type ProcessLimitName,
  processLimitNames,
  type SubjectLimits,
  subjectName,
} from '../domain/limits/limits.ts';
import { Bucket } from './bucket.ts';

/** How much of which limits is wanted. Tokens are an estimate. */
export type Wanted = { readonly [Name in ProcessLimitName]?: number };

/** What was taken. Only the first of its ends counts. */
export interface Taken {
  /** Gives everything back, because nothing came of it. */
  refund(): void;
  /** Ends it: what was open is closed, and the tokens that it has cost stand in place of the estimate. */
  end(tokens: number): void;
}

/** Where a limit stands. */
export interface LimitState {
  readonly subject: LimitSubject;
  /** The subject's id. */
  readonly id: string;
  readonly name: LimitName;
  readonly limit: number;
  /** What is used now, which may be more than the limit; an integer but for `budget_per_month`. */
  readonly used: number;
  /** Seconds until one more is left; 0 where all is, undefined where that is not a matter of time. */
  readonly moreInSeconds: number | undefined;
}

export interface Limiter {
  /**
   * Takes what is wanted from all subjects. With `evenBeyond` it takes it though a limit is passed.
   * @throws AppError rate_limited, naming the limit for which one has to wait longest, and for how long
   */
  take(
    subjects: readonly SubjectLimits[],
    wanted: Wanted,
    options?: { readonly evenBeyond?: boolean },
  ): Promise<Taken>;
  states(subjects: readonly SubjectLimits[]): Promise<readonly LimitState[]>;
}

const minuteMs = 60_000;
/** Nobody knows when an answer or a stream ends. */
const openRetryMs = 1000;
/** Accounts are looked through for idle ones after so many new ones. */
const accountsBetweenSweeps = 1000;

export type RateName = 'requests_per_minute' | 'writes_per_minute' | 'tokens_per_minute';
type OpenName = Exclude<ProcessLimitName, RateName>;

export function isRate(name: ProcessLimitName): name is RateName {
  return name !== 'concurrent_streams' && name !== 'viewers';
}

/** Where a bucket stands of which so much is used, in whole ones, and when one more is free. */
export function rateState(used: number, limit: number): Pick<LimitState, 'used' | 'moreInSeconds'> {
  const remaining = Math.max(0, Math.floor(limit - used));
  const missing = used === 0 ? 0 : remaining + 1 - (limit - used);
  return { used: Math.ceil(used), moreInSeconds: Math.ceil((missing * minuteMs) / limit / 1000) };
}

/** Of one subject. What has no limit is counted too if it is open, since a limit may be set meanwhile. */
class Account {
  readonly #rates = new Map<RateName, { readonly bucket: Bucket; capacity: number }>();
  readonly #open: Record<OpenName, number> = { concurrent_streams: 0, viewers: 0 };

  waitMs(name: ProcessLimitName, limit: number, amount: number, nowMs: number): number {
    if (!isRate(name)) return this.#open[name] + amount <= limit ? 0 : openRetryMs;
    const rate = this.#rates.get(name) ?? { bucket: new Bucket(), capacity: limit };
    this.#rates.set(name, rate);
    rate.capacity = limit;
    // Of tokens one suffices: the estimate may be more than the limit, and what is too much is waited for afterwards.
    return rate.bucket.waitMs(limit, minuteMs, name === 'tokens_per_minute' ? 1 : amount, nowMs);
  }

  take(name: ProcessLimitName, amount: number): void {
    if (isRate(name)) this.#rates.get(name)?.bucket.take(amount);
    else this.#open[name] += amount;
  }

  /** What of a limit is used, in whole ones, and when one more is free. */
  state(name: ProcessLimitName, limit: number, nowMs: number): Pick<LimitState, 'used' | 'moreInSeconds'> {
    if (!isRate(name)) return { used: this.#open[name], moreInSeconds: undefined };
    const bucket = this.#rates.get(name)?.bucket;
    return rateState(bucket === undefined ? 0 : bucket.used(limit, minuteMs, nowMs), limit);
  }

  isIdle(nowMs: number): boolean {
    if (this.#open.concurrent_streams > 0 || this.#open.viewers > 0) return false;
    for (const { bucket, capacity } of this.#rates.values())
      if (bucket.used(capacity, minuteMs, nowMs) > 0) return false;
    return true;
  }
}

/**
 * Counts in this process alone.
 * @param now epoch milliseconds
 * @param servers how many servers grant the same limits, of which each grants its share: at least one
 */
export function createProcessLimiter(now: () => number = Date.now, servers: () => number = () => 1): Limiter {
  const shareOf = (limit: number): number => Math.max(Math.min(1, limit), Math.floor(limit / servers()));
  const accounts = new Map<string, Account>();
  let sinceSweep = 0;

  const accountOf = (subject: SubjectLimits): Account => {
    const name = subjectName(subject);
    let account = accounts.get(name);
    if (account !== undefined) return account;
    sinceSweep += 1;
    if (sinceSweep >= accountsBetweenSweeps) {
      sinceSweep = 0;
      for (const [idle, one] of accounts) if (one.isIdle(now())) accounts.delete(idle);
    }
    account = new Account();
    accounts.set(name, account);
    return account;
  };

  return {
    async take(subjects, wanted, { evenBeyond = false } = {}) {
      const nowMs = now();
      const names = processLimitNames.filter((name) => wanted[name] !== undefined);
      const parts: { account: Account; name: ProcessLimitName; amount: number }[] = [];
      let worst: { waitMs: number; error: AppError } | undefined;
      for (const subject of subjects) {
        const account = accountOf(subject);
        for (const name of names) {
          const amount = wanted[name] ?? 0;
          const limit = subject.limits[name];
          parts.push({ account, name, amount });
          if (limit === undefined) continue;
          const waitMs = account.waitMs(name, shareOf(limit), amount, nowMs);
          if (!evenBeyond && waitMs > (worst?.waitMs ?? 0))
            worst = { waitMs, error: limited(subject.subject, name, limit, waitMs) };
        }
      }
      if (worst !== undefined) throw worst.error;
      for (const { account, name, amount } of parts) account.take(name, amount);
      let isOver = false;
      return {
        refund() {
          if (isOver) return;
          isOver = true;
          for (const { account, name, amount } of parts) account.take(name, -amount);
        },
        end(tokens) {
          if (isOver) return;
          isOver = true;
          for (const { account, name, amount } of parts) {
            if (!isRate(name)) account.take(name, -amount);
            else if (name === 'tokens_per_minute') account.take(name, tokens - amount);
          }
        },
      };
    },
    async states(subjects) {
      const nowMs = now();
      const states: LimitState[] = [];
      for (const one of subjects) {
        for (const name of processLimitNames) {
          const limit = one.limits[name];
          if (limit === undefined) continue;
          const share = shareOf(limit);
          const { used, moreInSeconds } = accounts.get(subjectName(one))?.state(name, share, nowMs) ?? {
            used: 0,
            moreInSeconds: isRate(name) ? 0 : undefined,
          };
          // What other servers may grant is not left here.
          const usedOfAll = used + limit - share;
          states.push({ subject: one.subject, id: one.id, name, limit, used: usedOfAll, moreInSeconds });
        }
      }
      return states;
    },
  };
}

const sentences: { readonly [Name in ProcessLimitName]: (limit: number) => string } = {
  requests_per_minute: (limit) => `${limit} requests a minute`,
  writes_per_minute: (limit) => `${limit} writes a minute`,
  tokens_per_minute: (limit) => `${limit} tokens a minute`,
  concurrent_streams: (limit) => `${limit} answers at once`,
  viewers: (limit) => `${limit} open streams`,
};

export function limited(
  subject: LimitSubject,
  name: ProcessLimitName,
  limit: number,
  waitMs: number,
): AppError {
  const whose = subject === 'end_user' ? 'end user' : subject;
  return new AppError('rate_limited', `this ${whose} allows at most ${sentences[name](limit)}`, {
    limit: { name, subject },
    retry_after_seconds: Math.max(1, Math.ceil(waitMs / 1000)),
  });
}
