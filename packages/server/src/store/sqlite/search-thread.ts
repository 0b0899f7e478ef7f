/** The main thread's end of the search's thread, which starts with the first search. */
import { Worker } from 'node:worker_threads';
import type { FoundConversation } from '../search/find.ts';
import type { SearchReply, SearchRequest } from './search.worker.ts';

export interface SearchThread extends AsyncDisposable {
  search(request: Omit<SearchRequest, 'id'>): Promise<readonly FoundConversation[]>;
}

interface Pending {
  resolve(found: readonly FoundConversation[]): void;
  reject(error: Error): void;
}

export function createSearchThread(path: string): SearchThread {
  const pending = new Map<number, Pending>();
  let worker: Worker | undefined;
  let nextId = 1;
  let isClosed = false;

  const fail = (failed: Worker, error: Error): void => {
    if (failed !== worker) return;
    worker = undefined;
    for (const one of pending.values()) one.reject(error);
    pending.clear();
  };

  const start = (): Worker => {
    const started = new Worker(new URL('./search.worker.ts', import.meta.url), { workerData: { path } });
    started.on('message', (reply: SearchReply) => {
      const one = pending.get(reply.id);
      pending.delete(reply.id);
      if ('found' in reply) one?.resolve(reply.found);
      else one?.reject(new Error(`the search failed: ${reply.error}`));
      // Idle, it keeps no process alive.
      if (pending.size === 0) started.unref();
    });
    started.on('error', (error: Error) => fail(started, error));
    started.on('exit', () => fail(started, new Error('the search has ended')));
    return started;
  };

  return {
    search(request) {
      if (isClosed) return Promise.reject(new Error('the store is closed'));
      worker ??= start();
      const id = nextId++;
      const target = worker;
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject });
        target.ref();
        target.postMessage({ ...request, id } satisfies SearchRequest);
      });
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      await worker?.terminate();
    },
  };
}
