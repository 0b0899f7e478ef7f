/** What the server does for its store in the background. */
import type { Logger } from './log.ts';
import { startHousekeeping } from './store/housekeeping.ts';
import { startSearchIndexer } from './store/search/indexer.ts';
import type { Store } from './store/store.ts';
import { startUsageAdder } from './store/usage/adder.ts';

export interface UpkeepOptions {
  readonly store: Store;
  /** How long the audit trail is kept. */
  readonly auditDays: number;
  readonly log: Pick<Logger, 'warn'>;
}

/** Fills the search index, adds usage up, and removes what is kept for a time. */
export function startUpkeep({ store, auditDays, log }: UpkeepOptions): AsyncDisposable {
  const jobs = new AsyncDisposableStack();
  jobs.use(
    startSearchIndexer({
      store,
      onError: (error) => log.warn({ err: error }, 'the search index could not be brought up to date'),
      onRefused: (text) =>
        log.warn({ ...text }, 'a text can’t be searched, since the search index does not take it'),
    }),
  );
  jobs.use(
    startUsageAdder({
      store,
      onError: (error) =>
        log.warn({ err: error }, 'usage could not be added up; the next try follows shortly'),
    }),
  );
  jobs.use(
    startHousekeeping({
      store,
      auditDays,
      onError: (error) =>
        log.warn(
          { err: error },
          'expired data could not be removed from the store; the next try follows shortly',
        ),
    }),
  );
  return jobs;
}
