/**
 * What stands in for the engine in a process that runs no answers, such as a command on a store without a server. It
 * takes no lease and claims nothing: what was interrupted stays for the next server, which finds its requests to cancel.
 */
import { AppError } from '../domain/errors.ts';
import { createProcessLimiter } from '../limits/limiter.ts';
import { StoredLimits } from '../limits/stored-limits.ts';
import { hasJournal, readLiveGenerations } from '../store/queries/generations.ts';
import type { Store } from '../store/store.ts';
import type { GenerationEngine } from './interface.ts';
import { getGeneration, toView } from './view.ts';

/** What the administration needs of an engine. */
export type AdministeredEngine = Pick<
  GenerationEngine,
  'limiter' | 'storedLimits' | 'cancel' | 'cancelWhere' | 'settleBeforeDelete'
>;

/** `cancel` and `cancelWhere` store the request and do not wait for an end. `now` gives epoch milliseconds. */
export function createEngineAtRest(store: Store, now: () => number): AdministeredEngine {
  async function requestCancel(generationIds: readonly string[]): Promise<void> {
    if (generationIds.length > 0) await store.execute('requestCancel', { generationIds, now: now() });
  }
  return {
    limiter: createProcessLimiter(now),
    storedLimits: new StoredLimits(store, now),
    async cancel(scope, generationId) {
      const row = await getGeneration(store.reads, scope, generationId);
      await requestCancel([row.id]);
      return toView(row, undefined);
    },
    cancelWhere: async (where) => requestCancel(await readLiveGenerations(store.reads, where)),
    async settleBeforeDelete(all) {
      for (const where of all) {
        if ((await readLiveGenerations(store.reads, where)).length > 0) throw unsettled();
      }
      if (await hasJournal(store.reads)) throw unsettled();
    },
  };
}

/** Only a server ends answers, and takes what is erased out of its journal. */
function unsettled(): AppError {
  return new AppError('conflict', 'a server has not ended its answers; start it, and then run this again');
}
