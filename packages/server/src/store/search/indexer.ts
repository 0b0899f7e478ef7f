/** Fills the search index in the background, in small steps with pauses between, so that nobody's write waits long. */
import type { Store } from '../store.ts';
import { hasPending } from './pending.ts';

type IndexedStore = Pick<Store, 'execute' | 'reads'>;

export interface SearchIndexerOptions {
  readonly store: IndexedStore;
  /** Between two looks. */
  readonly intervalMs?: number;
  onError(error: unknown): void;
}

const defaultIntervalMs = 1000;
const pauseMs = 20;
/**
 * No other write waits long behind a step: on two busy cores one of 32 texts of 40 words takes SQLite's writer 10 ms.
 * Smaller steps cost more: with 8 texts the index takes 280 µs of CPU for each, with 32 texts 150.
 */
const step = { maxTexts: 32, maxLength: 20_000 };

export class SearchIndexer implements AsyncDisposable {
  readonly #options: SearchIndexerOptions;
  readonly #timer: NodeJS.Timeout;
  #isClosed = false;
  #working: Promise<void> | undefined;

  constructor(options: SearchIndexerOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#working ??= this.#work().finally(() => {
        this.#working = undefined;
      });
    }, options.intervalMs ?? defaultIntervalMs);
    this.#timer.unref();
  }

  async #work(): Promise<void> {
    const { store, onError } = this.#options;
    try {
      if (!(await hasPending(store.reads))) return;
      while (!this.#isClosed) {
        const { isDone } = await store.execute('indexSearch', step);
        if (isDone) return;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    } catch (error) {
      onError(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#working;
  }
}

/** Steps before a search, so that it finds what its caller has just written; a backlog is left to the indexer. */
const stepsBeforeSearch = 4;
const stepBeforeSearch = { maxTexts: 32, maxLength: 40_000 };

export async function catchUp(store: IndexedStore): Promise<void> {
  for (let done = 0; done < stepsBeforeSearch; done += 1) {
    if (!(await hasPending(store.reads))) return;
    if ((await store.execute('indexSearch', stepBeforeSearch)).isDone) return;
  }
}
