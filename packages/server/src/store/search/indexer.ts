/** Fills the search index in the background, in small steps, so that no other write waits long. */
import { setTimeout as sleep } from 'node:timers/promises';
import { everyInSteps } from '../../concurrency/every.ts';
import type { RefusedText } from '../commands/index-search.ts';
import type { Store } from '../store.ts';
import { hasPending, type IndexStep } from './pending.ts';

type IndexedStore = Pick<Store, 'execute' | 'reads' | 'prepareSearchIndex'>;

export interface SearchIndexerOptions {
  readonly store: IndexedStore;
  /** Time between two looks for new texts. */
  readonly intervalMs?: number;
  /** A step failed; the next look tries it again. */
  onError(error: unknown): void;
  /** The index could not take a text, which is passed over from now on. */
  onRefused(text: RefusedText): void;
}

const defaultIntervalMs = 1000;
/** Size of a step, so that no other write waits long behind it. */
const stepSize: IndexStep = { maxTexts: 32, maxLength: 20_000 };

export function startSearchIndexer(options: SearchIndexerOptions): AsyncDisposable {
  const { store, intervalMs = defaultIntervalMs, onError, onRefused } = options;
  return everyInSteps({
    intervalMs,
    hasWork: () => hasPending(store.reads),
    async step() {
      const { refused, isLast } = await indexNext(store, stepSize, true);
      for (const text of refused) onRefused(text);
      return { isLast };
    },
    onError,
  });
}

/** Indexes the next texts. `isLast` if no others were pending. */
export async function indexNext(
  store: IndexedStore,
  size: IndexStep,
  marksRefused: boolean,
): Promise<{ readonly refused: readonly RefusedText[]; readonly done: number; readonly isLast: boolean }> {
  const { texts, isLast } = await store.prepareSearchIndex(size);
  if (texts.length === 0) return { refused: [], done: 0, isLast: true };
  const { refused, done } = await store.execute('indexSearch', { texts, marksRefused });
  return { refused, done, isLast };
}

/** Maximum number of steps before a search, so that it finds its caller's last writes; the indexer does the rest. */
const stepsBeforeSearch = 4;
const stepBeforeSearch: IndexStep = { maxTexts: 32, maxLength: 40_000 };
/** How often, and after how long each, a search looks whether the texts that others are indexing are there. */
const looksForOthers = 20;
const lookForOthersMs = 10;

/** Never fails the search: the indexer tries a step that fails again, and reports it and what the index can't take. */
export async function catchUp(store: IndexedStore): Promise<void> {
  try {
    let steps = 0;
    let looks = 0;
    while (steps < stepsBeforeSearch && looks < looksForOthers && (await hasPending(store.reads))) {
      const { done } = await indexNext(store, stepBeforeSearch, false);
      if (done > 0) {
        steps += 1;
      } else {
        // The indexer, another search or another server has these texts, and commits them in a moment.
        looks += 1;
        await sleep(lookForOthersMs);
      }
    }
  } catch {
    // The search answers from what is indexed.
  }
}
