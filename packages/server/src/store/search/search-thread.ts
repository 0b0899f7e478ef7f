/** The search thread as the main thread sees it. It starts with the first call, and runs one at a time. */
import { createWorkerPool, type WorkerPool } from '../../concurrency/worker-pool.ts';
import { threads } from '../../concurrency/worker-thread.ts';
import { type DataPlace, fromReadAnswer, type ReadAnswer } from '../own-connection.ts';
import type { Store } from '../store.ts';
import type { SearchCall } from './search.worker.ts';

export type SearchThread = AsyncDisposable &
  Pick<Store, 'search' | 'prepareSearchIndex'> &
  Pick<WorkerPool, 'readings'>;

/** Calls fail with WorkerError, or with an AppError where the store is not available. */
export function createSearchThread(workerData: DataPlace): SearchThread {
  const entry = new URL('./search.worker.ts', import.meta.url);
  // PostgreSQL's client takes what the URL leaves out from the environment.
  const pool = createWorkerPool({
    start: threads({ entry, workerData, sharesEnvironment: true }),
    maxWorkers: 1,
  });
  async function call<T>(request: SearchCall): Promise<T> {
    return fromReadAnswer((await pool.run(request)) as ReadAnswer) as T;
  }
  return {
    search: (scope, query, page) => call({ name: 'search', scope, query, page }),
    prepareSearchIndex: (step) => call({ name: 'prepare', step }),
    readings: () => pool.readings(),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
