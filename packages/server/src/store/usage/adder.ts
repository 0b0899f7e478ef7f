/** Adds up usage in the background, in small steps, so that no other write waits long. */
import { everyInSteps } from '../../concurrency/every.ts';
import type { Store } from '../store.ts';

export interface UsageAdderOptions {
  readonly store: Pick<Store, 'execute' | 'reads'>;
  /** Time between two looks. What is not added up yet, reports read call by call. */
  readonly intervalMs?: number;
  /** A step failed; the next look tries it again. */
  onError(error: unknown): void;
}

/** The longer, the more calls come to the same row, and the fewer rows a call writes. */
const defaultIntervalMs = 60_000;
/** Calls of a step. */
const callsAtOnce = 200;

export function startUsageAdder(options: UsageAdderOptions): AsyncDisposable {
  const { store, intervalMs = defaultIntervalMs, onError } = options;
  return everyInSteps({
    intervalMs,
    hasWork: () => hasNoted(store),
    step: () => store.execute('addUpUsage', { limit: callsAtOnce }),
    onError,
  });
}

async function hasNoted({ reads }: UsageAdderOptions['store']): Promise<boolean> {
  return (await reads.selectFrom('usage_pending').select('call_id').limit(1).execute()).length > 0;
}
