/** Waits with a time limit, so that hanging work is reported and does not hang the run. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether the work settles within the given milliseconds. @throws what it rejects with */
export async function settlesWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(ms, false, { signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    timer.abort();
  }
}
