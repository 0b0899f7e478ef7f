/** Fills the search index in the background, in small steps with pauses, so that no other write waits long. */
import { every, type Repetition } from '../../concurrency/every.ts';
import type { Store } from '../store.ts';
import { hasPending } from './pending.ts';

type IndexedStore = Pick<Store, 'execute' | 'reads'>;

export interface SearchIndexerOptions {
  readonly store: IndexedStore;
  /** Time between two looks for new texts. */
  readonly intervalMs?: number;
  onError(error: unknown): void;
}

const defaultIntervalMs = 1000;
const pauseMs = 20;
/**
 * Size of a step, so that no other write waits long behind it: on two busy cores a step of 32 texts of 40 words takes
 * SQLite's writer 10 ms. Smaller steps cost more: 280 µs of CPU for each text with 8 texts, 150 with 32.
 */
const step = { maxTexts: 32, maxLength: 20_000 };

export class SearchIndexer implements AsyncDisposable {
  readonly #store: IndexedStore;
  readonly #looks: Repetition;
  #isClosed = false;

  constructor(options: SearchIndexerOptions) {
    this.#store = options.store;
    const { intervalMs = defaultIntervalMs, onError } = options;
    this.#looks = every(intervalMs, () => this.#look(), onError);
  }

  async #look(): Promise<void> {
    if (!(await hasPending(this.#store.reads))) return;
    while (!this.#isClosed) {
      const { isDone } = await this.#store.execute('indexSearch', step);
      if (isDone) return;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#looks[Symbol.asyncDispose]();
  }
}

/** Maximum number of steps before a search, so that it finds its caller's last writes; the indexer does the rest. */
const stepsBeforeSearch = 4;
const stepBeforeSearch = { maxTexts: 32, maxLength: 40_000 };

/** Never fails the search for a step that fails: the indexer tries it again, and reports it. */
export async function catchUp(store: IndexedStore): Promise<void> {
  for (let done = 0; done < stepsBeforeSearch; done += 1) {
    if (!(await hasPending(store.reads))) return;
    const { isDone } = await store.execute('indexSearch', stepBeforeSearch).catch(() => ({ isDone: true }));
    if (isDone) return;
  }
}
