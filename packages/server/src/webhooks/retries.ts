/** When a delivery that failed is tried again. */
import { deliveryTriesMs } from '../domain/webhooks/webhook.ts';

const [second, minute, hour] = [1000, 60_000, 3_600_000];
/** Waits between attempts: with the first one they make nine, the last one after 22 hours. */
const waitsMs = [
  5 * second,
  30 * second,
  2 * minute,
  10 * minute,
  hour,
  3 * hour,
  6 * hour,
  12 * hour,
] as const;

/**
 * Milliseconds until the attempt after this one, by a tenth more or less, so that what failed together does not come back
 * together; null: there is none, since it was tried often enough, or for a day.
 * @param attempt number of the one that failed, from 1
 * @param retryAfterMs what the receiver asked to wait; 0: nothing
 * @param random from 0 to below 1
 */
export function retryDelayMs(
  { attempt, triedForMs }: { readonly attempt: number; readonly triedForMs: number },
  retryAfterMs: number,
  random: () => number,
): number | null {
  const wait = waitsMs[attempt - 1];
  const left = deliveryTriesMs - triedForMs;
  if (wait === undefined || left <= 0) return null;
  return Math.min(left, Math.max(retryAfterMs, wait * (0.9 + 0.2 * random())));
}
