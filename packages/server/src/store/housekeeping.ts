/** Removes, once a minute, what the store keeps for a time only. */
import { every, type Repetition } from '../concurrency/every.ts';
import type { Store } from './store.ts';

export interface HousekeepingOptions {
  readonly store: Pick<Store, 'execute'>;
  readonly now?: () => number;
  readonly intervalMs?: number;
  onError(error: unknown): void;
}

const claimsAtOnce = 1000;

/** Removes everything whose time has run out. */
export async function tidy({ store, now = Date.now }: Omit<HousekeepingOptions, 'onError'>): Promise<void> {
  for (;;) {
    const { deleted } = await store.execute('deleteExpiredClaims', { now: now(), limit: claimsAtOnce });
    if (deleted < claimsAtOnce) return;
  }
}

export function startHousekeeping(options: HousekeepingOptions): Repetition {
  return every(options.intervalMs ?? 60_000, () => tidy(options), options.onError);
}
