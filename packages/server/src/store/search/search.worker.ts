/** The search thread: searches and the words of new texts would block the main thread. */
import { workerData } from 'node:worker_threads';
import { answerCalls } from '../../concurrency/worker-calls.ts';
import type { Scope } from '../../domain/scope.ts';
import { openForSearch } from '../postgres/search-connection.ts';
import { kyselyOn, openForReading } from '../sqlite/database.ts';
import type { Database } from '../tables.ts';
import { isUnavailable } from '../unavailable.ts';
import { type MatchPage, searchConversations } from './find.ts';
import { type IndexStep, preparePending } from './pending.ts';

/** Where the data is: the database file at `path`, or a PostgreSQL server. */
export type SearchThreadData =
  | { readonly engine: 'sqlite'; readonly path: string }
  | { readonly engine: 'postgres'; readonly url: string };

export type SearchCall =
  | { readonly name: 'search'; readonly scope: Scope; readonly query: string; readonly page: MatchPage }
  | { readonly name: 'prepare'; readonly step: IndexStep };

/** An answer, or why the store was not available. */
export type SearchAnswer = { readonly value: unknown } | { readonly unavailable: string };

const data = workerData as SearchThreadData;
const db: Database = data.engine === 'sqlite' ? kyselyOn(openForReading(data.path)) : openForSearch(data.url);

answerCalls(async (call: SearchCall): Promise<SearchAnswer> => {
  try {
    return { value: await answer(call) };
  } catch (error) {
    if (isUnavailable(error)) return { unavailable: (error as Error).message };
    throw error;
  }
});

function answer(call: SearchCall): Promise<unknown> {
  if (call.name === 'prepare') return preparePending(db, call.step);
  return searchConversations(db, data.engine, call.scope, call.query, call.page);
}
