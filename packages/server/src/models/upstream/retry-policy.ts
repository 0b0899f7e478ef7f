/** Decides whether a failed model call is retried, and after how long. */
import type { ModelError } from '../model-error.ts';

/** Where a provider asks to wait longer than this, the call fails at once and its error tells `retryAfterMs`. */
export const longestRetryAfterMs = 30_000;
const longestBackoffMs = 8_000;

/** What a response asks by `x-should-retry`, as OpenAI and Anthropic send it; undefined where it asks nothing. */
export function parseShouldRetry(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): boolean | undefined {
  const asked = headers['x-should-retry'];
  return asked === 'true' ? true : asked === 'false' ? false : undefined;
}

/** Whether a request may succeed after this HTTP status: timeouts, conflicts, limits and server errors. */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || (status >= 500 && status !== 501);
}

export interface RetryPolicy {
  /** 0: nothing is retried, nor is a model waited for that is being loaded. */
  readonly maxRetries: number;
  readonly backoffMs: number;
  readonly random: () => number;
}

/**
 * The wait before retry number `retry` (from 1), in milliseconds: what the provider asks for, else exponential back-off
 * from `backoffMs` with jitter (half to whole), at most 8 s. Undefined: the call is not retried.
 */
export function retryDelayMs(error: ModelError, retry: number, policy: RetryPolicy): number | undefined {
  if (!error.retryable || retry > policy.maxRetries) return undefined;
  if (error.retryAfterMs !== undefined) {
    return error.retryAfterMs > longestRetryAfterMs ? undefined : error.retryAfterMs;
  }
  return backoffDelayMs(retry, policy);
}

/**
 * The wait before the `attempt`th time (from 1) that a model is asked again which is being loaded. Such waits are bounded
 * by time, not by number; `leftMs` is what is left of it. Undefined: there is no time left.
 */
export function loadingDelayMs(
  error: ModelError,
  attempt: number,
  policy: RetryPolicy,
  leftMs: number,
): number | undefined {
  if (policy.maxRetries === 0) return undefined;
  const delayMs = Math.min(longestRetryAfterMs, error.retryAfterMs ?? backoffDelayMs(attempt, policy));
  return delayMs > leftMs ? undefined : delayMs;
}

function backoffDelayMs(retry: number, { backoffMs, random }: RetryPolicy): number {
  const ceiling = Math.min(longestBackoffMs, backoffMs * 2 ** (retry - 1));
  return ceiling * (0.5 + random() / 2);
}
