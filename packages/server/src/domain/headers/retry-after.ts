/** How long a response asks to wait. */

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
