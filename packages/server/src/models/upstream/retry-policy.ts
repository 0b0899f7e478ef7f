/** Decides whether a failed model call is retried, and after how long. */
import type { ModelError } from '../model-error.ts';

/** Where a provider asks to wait longer than this, the call fails at once and its error tells `retryAfterMs`. */
export const longestRetryAfterMs = 30_000;
const longestBackoffMs = 8_000;

/**
 * How many milliseconds a response asks to wait, by `retry-after-ms` or `Retry-After` (seconds or an HTTP date, RFC 9110
 * §10.2.3); undefined where it has no such header that can be read.
 */
export function parseRetryAfterMs(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  epochMs: number,
): number | undefined {
  const inMs = headers['retry-after-ms'];
  if (typeof inMs === 'string' && /^\d+(\.\d+)?$/.test(inMs)) return Math.ceil(Number(inMs));
  const value = headers['retry-after'];
  if (typeof value !== 'string') return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Math.ceil(Number(value) * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - epochMs);
}

/** Whether a request may succeed after this HTTP status: timeouts, conflicts, limits and server errors. */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || (status >= 500 && status !== 501);
}

/**
 * The wait before retry number `retry` (from 1), in milliseconds: what the provider asks for, else exponential back-off
 * from `backoffMs` with jitter (half to whole), at most 8 s. Undefined: the call is not retried.
 */
export function retryDelayMs(
  error: ModelError,
  retry: number,
  policy: { readonly maxRetries: number; readonly backoffMs: number; readonly random: () => number },
): number | undefined {
  if (!error.retryable || retry > policy.maxRetries) return undefined;
  if (error.retryAfterMs !== undefined) {
    return error.retryAfterMs > longestRetryAfterMs ? undefined : error.retryAfterMs;
  }
  const ceiling = Math.min(longestBackoffMs, policy.backoffMs * 2 ** (retry - 1));
  return ceiling * (0.5 + policy.random() / 2);
}
