/**
 * Limits what an API key may use: requests and tokens a minute, tokens a day (UTC), and concurrent answers. Counts are
 * this process's own; a day's count starts from the usage in the store. Usage is reserved before a call, settled after.
 */
import type { KeyLimits } from '../domain/api-key.ts';
import { AppError } from '../domain/errors.ts';
import { Bucket } from './bucket.ts';

export interface LimiterOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Returns the tokens that the store has recorded for a key since a time (epoch milliseconds). */
  readTokensSince(keyId: string, sinceMs: number): Promise<number>;
}

/** One admitted call. Only the first of its ends counts. */
export interface Reservation {
  /** Gives everything back, because the call started nothing. */
  refund(): void;
  /** Ends the call, which has cost this many tokens. */
  settle(tokens: number): void;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;

interface Account {
  readonly requests: Bucket;
  readonly tokens: Bucket;
  running: number;
  /** Tokens used on `day`; undefined until the store has been read. */
  tokensToday: number;
  day: number;
}

export class Limiter {
  readonly #options: LimiterOptions;
  readonly #accounts = new Map<string, Account>();

  constructor(options: LimiterOptions) {
    this.#options = options;
  }

  /**
   * @param estimatedTokens the estimated cost of the call, in tokens
   * @throws AppError rate_limited, with the seconds until a retry makes sense
   */
  async reserve(keyId: string, limits: KeyLimits, estimatedTokens: number): Promise<Reservation> {
    const account = await this.#account(keyId, limits);
    const nowMs = this.#options.now();
    const { requests_per_minute, tokens_per_minute, tokens_per_day, concurrent_streams } = limits;
    if (concurrent_streams !== undefined && account.running >= concurrent_streams) {
      throw limited(`at most ${concurrent_streams} answers at once`, 1);
    }
    if (tokens_per_day !== undefined && account.tokensToday >= tokens_per_day) {
      throw limited(`at most ${tokens_per_day} tokens a day`, Math.ceil((dayMs - (nowMs % dayMs)) / 1000));
    }
    const tokensWaitMs =
      tokens_per_minute === undefined ? 0 : account.tokens.waitMs(tokens_per_minute, minuteMs, 1, nowMs);
    if (tokensWaitMs > 0)
      throw limited(`at most ${tokens_per_minute} tokens a minute`, seconds(tokensWaitMs));
    const requestsWaitMs =
      requests_per_minute === undefined
        ? 0
        : account.requests.waitMs(requests_per_minute, minuteMs, 1, nowMs);
    if (requestsWaitMs > 0) {
      throw limited(`at most ${requests_per_minute} requests a minute`, seconds(requestsWaitMs));
    }
    account.requests.take(1);
    account.tokens.take(estimatedTokens);
    account.tokensToday += estimatedTokens;
    account.running += 1;
    return this.#reservation(account, estimatedTokens);
  }

  #reservation(account: Account, estimatedTokens: number): Reservation {
    let isOpen = true;
    const close = (tokens: number): boolean => {
      if (!isOpen) return false;
      isOpen = false;
      account.running -= 1;
      account.tokens.take(tokens - estimatedTokens);
      account.tokensToday += tokens - estimatedTokens;
      return true;
    };
    return {
      refund() {
        if (close(0)) account.requests.take(-1);
      },
      settle: (tokens) => void close(tokens),
    };
  }

  async #account(keyId: string, limits: KeyLimits): Promise<Account> {
    const nowMs = this.#options.now();
    const day = Math.floor(nowMs / dayMs);
    let account = this.#accounts.get(keyId);
    if (account === undefined) {
      const used =
        limits.tokens_per_day === undefined ? 0 : await this.#options.readTokensSince(keyId, day * dayMs);
      // Another call may have created it in the meantime.
      account = this.#accounts.get(keyId) ?? {
        requests: new Bucket(),
        tokens: new Bucket(),
        running: 0,
        tokensToday: used,
        day,
      };
      this.#accounts.set(keyId, account);
    }
    if (account.day !== day) {
      account.day = day;
      account.tokensToday = 0;
    }
    return account;
  }
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

function limited(what: string, retryAfterSeconds: number): AppError {
  return new AppError('rate_limited', `this key allows ${what}`, { retry_after_seconds: retryAfterSeconds });
}
