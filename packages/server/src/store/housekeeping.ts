/** Removes, once a minute, what the store keeps for a time only. */

import { every, type Repetition } from '../concurrency/every.ts';
import { refusalsKeptDays } from '../domain/audit/trail.ts';
import { dayMs } from '../domain/text/time.ts';
import { deliveriesKeptDays } from '../domain/webhooks/webhook.ts';
import type { Store } from './store.ts';

export interface HousekeepingOptions {
  readonly store: Pick<Store, 'execute'>;
  /** How long the audit trail is kept. */
  readonly auditDays: number;
  readonly now?: () => number;
  readonly intervalMs?: number;
  onError(error: unknown): void;
}

const rowsAtOnce = 1000;
const conversationsAtOnce = 50;

/** Removes everything whose time has run out. */
export async function tidy(options: Omit<HousekeepingOptions, 'onError'>): Promise<void> {
  const { store, auditDays, now = Date.now } = options;
  for (;;) {
    const { deleted } = await store.execute('deleteExpiredClaims', { now: now(), limit: rowsAtOnce });
    if (deleted < rowsAtOnce) break;
  }
  while (!(await store.execute('pruneSignIns', { now: now(), limit: rowsAtOnce })).isDone);
  while (!(await store.execute('eraseEphemeral', { now: now(), limit: conversationsAtOnce })).isDone);
  const due = {
    before: now() - auditDays * dayMs,
    refusalsBefore: now() - Math.min(auditDays, refusalsKeptDays) * dayMs,
    limit: rowsAtOnce,
  };
  while (!(await store.execute('pruneAudit', due)).isDone);
  const deliveries = { before: now() - deliveriesKeptDays * dayMs, limit: rowsAtOnce };
  while (!(await store.execute('pruneDeliveries', deliveries)).isDone);
}

export function startHousekeeping(options: HousekeepingOptions): Repetition {
  return every(options.intervalMs ?? 60_000, () => tidy(options), options.onError);
}
