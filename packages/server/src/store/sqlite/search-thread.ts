/** The search thread as the main thread sees it. It starts with the first search, and runs one search at a time. */
import { createWorkerPool } from '../../concurrency/worker-pool.ts';
import { threads } from '../../concurrency/worker-thread.ts';
import type { FoundConversation } from '../search/find.ts';
import type { SearchRequest, SearchThreadData } from './search.worker.ts';

export interface SearchThread extends AsyncDisposable {
  /** @throws WorkerError */
  search(request: SearchRequest): Promise<readonly FoundConversation[]>;
}

/** Makes the thread for the database file at `path`. */
export function createSearchThread(path: string): SearchThread {
  const entry = new URL('./search.worker.ts', import.meta.url);
  const workerData: SearchThreadData = { path };
  const pool = createWorkerPool({ start: threads({ entry, workerData }), maxWorkers: 1 });
  return {
    search: async (request) => (await pool.run(request)) as readonly FoundConversation[],
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
