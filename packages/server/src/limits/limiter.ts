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
  /** Tokens used or reserved on `day`; undefined until the store has been read. */
  tokensToday: number | undefined;
  day: number;
}

export class Limiter {
  readonly #options: LimiterOptions;
  readonly #accounts = new Map<string, Account>();

  constructor(options: LimiterOptions) {
    this.#options = options;
  }

  /**
   * Admits an answer.
   * @param estimatedTokens the estimated cost of the call, in tokens
   * @throws AppError rate_limited, with the seconds until a retry makes sense
   */
  async reserve(keyId: string, limits: KeyLimits, estimatedTokens: number): Promise<Reservation> {
    const account = await this.#account(keyId, limits);
    const nowMs = this.#options.now();
    const { requests_per_minute, concurrent_streams } = limits;
    if (concurrent_streams !== undefined && account.running >= concurrent_streams) {
      throw limited(`at most ${concurrent_streams} answers at once`, 1);
    }
    checkTokens(account, limits, nowMs);
    const requestsWaitMs =
      requests_per_minute === undefined
        ? 0
        : account.requests.waitMs(requests_per_minute, minuteMs, 1, nowMs);
    if (requestsWaitMs > 0) {
      throw limited(`at most ${requests_per_minute} requests a minute`, seconds(requestsWaitMs));
    }
    account.requests.take(1);
    account.running += 1;
    const settle = once(this.#book(account, estimatedTokens), () => {
      account.running -= 1;
    });
    return {
      refund() {
        if (settle(0)) account.requests.take(-1);
      },
      settle: (tokens) => void settle(tokens),
    };
  }

  /**
   * Admits a call beside the answers, such as a title's: it needs tokens, but is neither a request nor an answer.
   * @throws AppError rate_limited, where the tokens are spent
   */
  async reserveTokens(keyId: string, limits: KeyLimits, estimatedTokens: number): Promise<Reservation> {
    const account = await this.#account(keyId, limits);
    checkTokens(account, limits, this.#options.now());
    const settle = once(this.#book(account, estimatedTokens));
    return { refund: () => void settle(0), settle: (tokens) => void settle(tokens) };
  }

  /** Takes the estimate; what is given back books the cost in its place. */
  #book(account: Account, estimatedTokens: number): (tokens: number) => void {
    const { day } = account;
    const isCounted = account.tokensToday !== undefined;
    account.tokens.take(estimatedTokens);
    if (account.tokensToday !== undefined) account.tokensToday += estimatedTokens;
    return (tokens) => {
      account.tokens.take(tokens - estimatedTokens);
      this.#turnDay(account);
      if (account.tokensToday === undefined) return;
      // An estimate of the day before went with that day's count.
      account.tokensToday += isCounted && account.day === day ? tokens - estimatedTokens : tokens;
    };
  }

  async #account(keyId: string, limits: KeyLimits): Promise<Account> {
    let account = this.#accounts.get(keyId);
    if (account === undefined) {
      const [requests, tokens] = [new Bucket(), new Bucket()];
      account = { requests, tokens, running: 0, tokensToday: undefined, day: this.#today() };
      this.#accounts.set(keyId, account);
    }
    if (limits.tokens_per_day !== undefined && account.tokensToday === undefined) {
      const used = await this.#options.readTokensSince(keyId, this.#today() * dayMs);
      // Another call may have read it in the meantime, and counted on.
      account.tokensToday ??= used;
    }
    this.#turnDay(account);
    return account;
  }

  #turnDay(account: Account): void {
    const day = this.#today();
    if (account.day === day) return;
    account.day = day;
    if (account.tokensToday !== undefined) account.tokensToday = 0;
  }

  #today(): number {
    return Math.floor(this.#options.now() / dayMs);
  }
}

/** @throws AppError rate_limited */
function checkTokens(account: Account, limits: KeyLimits, nowMs: number): void {
  const { tokens_per_minute, tokens_per_day } = limits;
  if (tokens_per_day !== undefined && (account.tokensToday ?? 0) >= tokens_per_day) {
    throw limited(`at most ${tokens_per_day} tokens a day`, Math.ceil((dayMs - (nowMs % dayMs)) / 1000));
  }
  if (tokens_per_minute === undefined) return;
  const waitMs = account.tokens.waitMs(tokens_per_minute, minuteMs, 1, nowMs);
  if (waitMs > 0) throw limited(`at most ${tokens_per_minute} tokens a minute`, seconds(waitMs));
}

/** Settles the first time it is called, and says whether it was the first. */
function once(settle: (tokens: number) => void, release?: () => void): (tokens: number) => boolean {
  let isOpen = true;
  return (tokens) => {
    if (!isOpen) return false;
    isOpen = false;
    release?.();
    settle(tokens);
    return true;
  };
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

function limited(what: string, retryAfterSeconds: number): AppError {
  return new AppError('rate_limited', `this key allows ${what}`, { retry_after_seconds: retryAfterSeconds });
}
