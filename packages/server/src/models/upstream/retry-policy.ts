/** When a failed model call is tried again, and how long to wait before. */
import type { ModelError } from '../model-error.ts';

/** A provider that asks to wait longer is not waited for: the error goes out, with its `retryAfterMs`. */
export const longestRetryAfterMs = 30_000;
const longestBackoffMs = 8_000;

/**
 * Milliseconds that a response asks to wait, from `retry-after-ms` or `Retry-After` (seconds or an HTTP date,
 * RFC 9110 §10.2.3); undefined where it asks nothing that can be understood.
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

/** Whether a provider's HTTP status is one that passes: timeouts, conflicts, limits, a server in trouble. */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || (status >= 500 && status !== 501);
}

/**
 * The wait before retry number `retry` (from 1): what the provider asks, else exponential back-off from
 * `backoffMs` with jitter (half to whole), at most 8 s. Undefined: give up.
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
