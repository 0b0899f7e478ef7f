/**
 * Deletes conversations that are older than their organization keeps them. One process does it at a time, in small steps
 * with pauses between them; a run that is cut off is gone on with by the next one, with all that was counted.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { every } from '../../concurrency/every.ts';
import { originWithoutRequest } from '../../domain/audit/trail.ts';
import { newId } from '../../domain/ids.ts';
import { dayMs } from '../../domain/text/time.ts';
import { findExpirable, listRetentionRules, type RetentionRule } from '../queries/retention.ts';
import type { Store } from '../store.ts';

const job = 'retention';
const leaseMs = 60_000;
const lookedAtOnce = 500;
const conversationsAtOnce = 20;
/** A step is followed by a pause of at least this, and of as long as the step took: others write for half of the time. */
const leastPauseMs = 20;
const mostPauseMs = 2000;
const defaultIntervalMs = 600_000;
/** If the clock has jumped by more than this, nobody knows yet which time is right. */
const jumpMs = 3_600_000;

export interface RetentionOptions {
  readonly store: Pick<Store, 'reads' | 'execute'>;
  /** Moves the events of ended answers out of the journal, so that nothing deleted stays in it. */
  settle(): Promise<void>;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** Called after each step; the run ends early where it gives false. */
  readonly mayGoOn?: () => boolean;
}

/** Who holds the job; each call of `createRetention` is one that may. */
export interface Retention {
  /** Deletes what is due now. Does nothing while another process is at it. */
  run(): Promise<void>;
}

export function createRetention(options: RetentionOptions): Retention {
  const { store, settle, now = Date.now, mayGoOn = () => true } = options;
  const holder = newId();
  const hold = (forMs: number) => store.execute('takeJob', { name: job, holder, leaseMs: forMs });

  /** Gives whether it went on to the end. */
  async function expire(rule: RetentionRule, at: number): Promise<boolean> {
    const { organizationId, environment, days } = rule;
    const due = { organizationId, environment, cutoff: at - days * dayMs, now: at };
    let isLast = !Number.isFinite(days);
    for (let after: Parameters<typeof findExpirable>[2]; !isLast; ) {
      const { ids, next } = await findExpirable(store.reads, due, after, lookedAtOnce);
      for (let done = 0; done < ids.length; ) {
        if (!mayGoOn() || !(await hold(leaseMs)).isTaken) return false;
        const began = performance.now();
        const step = ids.slice(done, done + conversationsAtOnce);
        done += (await store.execute('expireConversations', { ...due, ids: step })).handled;
        await sleep(Math.min(mostPauseMs, Math.max(leastPauseMs, performance.now() - began)));
      }
      if (next === null) isLast = true;
      else after = next;
      if (!mayGoOn()) return false;
    }
    const origin = originWithoutRequest('server', organizationId, now());
    await store.execute('endRetentionRun', { organizationId, environment }, origin);
    return true;
  }

  return {
    async run() {
      const rules = await listRetentionRules(store.reads);
      if (rules.length === 0) return;
      const { isTaken, now: databaseNow } = await hold(leaseMs);
      if (!isTaken) return;
      // A process whose clock is ahead of the database's deletes nothing too early.
      const at = Math.min(now(), databaseNow);
      try {
        await settle();
        for (const rule of rules) {
          if (!(await expire(rule, at))) return;
        }
      } finally {
        await hold(0);
      }
    },
  };
}

export interface RetentionJobOptions extends Omit<RetentionOptions, 'mayGoOn'> {
  readonly intervalMs?: number;
  onError(error: unknown): void;
}

/** Runs it every ten minutes, for the first time after ten minutes. Its disposal waits for the step under way alone. */
export function startRetention(options: RetentionJobOptions): AsyncDisposable {
  const { now = Date.now, intervalMs = defaultIntervalMs, onError } = options;
  let isStopping = false;
  const retention = createRetention({ ...options, mayGoOn: () => !isStopping });
  let ahead = now() - performance.now();
  const repetition = every(
    intervalMs,
    async () => {
      const before = ahead;
      ahead = now() - performance.now();
      if (Math.abs(ahead - before) > jumpMs) {
        throw new Error('the clock has jumped; old conversations are deleted once it stands still');
      }
      await retention.run();
    },
    onError,
  );
  return {
    async [Symbol.asyncDispose]() {
      isStopping = true;
      await repetition[Symbol.asyncDispose]();
    },
  };
}
