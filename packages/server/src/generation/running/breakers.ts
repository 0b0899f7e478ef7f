/**
 * Circuit breakers, one for each provider and key: where calls fail again and again, the fallbacks are asked at once.
 * After a while one call at a time tries whether the provider is back. A breaker only matters where there is another
 * model to ask.
 */
import {
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleType,
} from 'cockatiel';
import { ModelError } from '../../models/model-error.ts';

export interface BreakerOptions {
  /** Failures in a row after which a breaker opens. */
  readonly failures: number;
  /** How long it stays open before a call tries again, in milliseconds. */
  readonly halfOpenAfterMs: number;
}

/** A call that a breaker watches. Only the first report counts, and there has to be one. */
export interface Watch {
  succeeded(): void;
  failed(): void;
  /** The call has shown nothing: it was not made, or was broken off before its first token. */
  ended(): void;
}

export const unwatched: Watch = { succeeded() {}, failed() {}, ended() {} };

const defaults: BreakerOptions = { failures: 5, halfOpenAfterMs: 30_000 };
const maxBreakers = 1000;
/** Statuses that tell of the provider or the key, and not of the one request. */
const statusesOfAccounts: ReadonlySet<number> = new Set([401, 402, 408, 429]);

/** What a breaker counts; it passes over every other error. */
class CallFailedError extends Error {}

/** Made once: a stack for each call would cost more than the rest of its watch. */
const callFailed = new CallFailedError('the call failed');
const nothingShown = new Error('the call has shown nothing');

export class Breakers {
  readonly #options: BreakerOptions;
  /** By the account of a model. */
  readonly #breakers = new Map<string, CircuitBreakerPolicy>();

  constructor(options: BreakerOptions = defaults) {
    this.#options = options;
  }

  /** Watches the call that is made now; undefined: the account's breaker is open, and the call should not be made. */
  watch(account: string | undefined): Watch | undefined {
    if (account === undefined) return unwatched;
    const breaker = this.#breakerOf(account);
    // A call that tries again is under way; until it is decided, cockatiel would let this one wait.
    if (breaker.state === CircuitState.HalfOpen) return undefined;
    const verdict = Promise.withResolvers<void>();
    let isBegun = false;
    // A breaker that is not open calls this at once.
    const executed = breaker.execute(() => {
      isBegun = true;
      return verdict.promise;
    });
    executed.catch(() => undefined);
    if (!isBegun) return undefined;
    // A trial that shows nothing leaves the breaker open for another while. The type of the state was narrowed above.
    const isTrial = (breaker.state as CircuitState) === CircuitState.HalfOpen;
    return {
      succeeded: () => verdict.resolve(),
      failed: () => verdict.reject(callFailed),
      ended: () => verdict.reject(isTrial ? callFailed : nothingShown),
    };
  }

  #breakerOf(account: string): CircuitBreakerPolicy {
    let breaker = this.#breakers.get(account);
    if (breaker === undefined) {
      const { failures, halfOpenAfterMs } = this.#options;
      if (this.#breakers.size >= maxBreakers) this.#breakers.clear();
      breaker = circuitBreaker(handleType(CallFailedError), {
        halfOpenAfter: halfOpenAfterMs,
        breaker: new ConsecutiveBreaker(failures),
      });
      this.#breakers.set(account, breaker);
    }
    return breaker;
  }
}

/** Whether a failure says that the provider, or the key, serves nobody at the moment. */
export function isOfAccount(error: unknown): boolean {
  if (!(error instanceof ModelError) || error.code === 'context_overflow') return false;
  const { status, words } = error;
  // With words, it is about a model that the key may not use, or about what the prompt says.
  if (status === 403) return words === undefined;
  return status === undefined
    ? error.retryable || error.code === 'provider_timeout'
    : status >= 500 || statusesOfAccounts.has(status);
}
