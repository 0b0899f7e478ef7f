/** Adds up usage in the background, in small steps with pauses, so that no other write waits long. */
import { every, type Repetition } from '../../concurrency/every.ts';
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
const pauseMs = 20;
/** Calls of a step. */
const callsAtOnce = 200;

export class UsageAdder implements AsyncDisposable {
  readonly #store: UsageAdderOptions['store'];
  readonly #looks: Repetition;
  #isClosed = false;

  constructor({ store, intervalMs = defaultIntervalMs, onError }: UsageAdderOptions) {
    this.#store = store;
    this.#looks = every(intervalMs, () => this.#look(), onError);
  }

  async #look(): Promise<void> {
    if (!(await hasNoted(this.#store))) return;
    while (!this.#isClosed) {
      const { isLast } = await this.#store.execute('addUpUsage', { limit: callsAtOnce });
      if (isLast) return;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#looks[Symbol.asyncDispose]();
  }
}

async function hasNoted({ reads }: UsageAdderOptions['store']): Promise<boolean> {
  return (await reads.selectFrom('usage_pending').select('call_id').limit(1).execute()).length > 0;
}
