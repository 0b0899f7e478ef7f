/** The search thread: a search with many matches would block the main thread. */
import { workerData } from 'node:worker_threads';
import { answerCalls } from '../../concurrency/worker-calls.ts';
import type { Scope } from '../../domain/scope.ts';
import type { MatchPage } from '../search/documents.ts';
import { searchConversations } from '../search/find.ts';
import { kyselyOn, openForReading } from './database.ts';

export interface SearchThreadData {
  /** Path of the database file. */
  readonly path: string;
}

export interface SearchRequest {
  readonly scope: Scope;
  readonly query: string;
  readonly page: MatchPage;
}

const { path } = workerData as SearchThreadData;
const db = kyselyOn(openForReading(path));

answerCalls(({ scope, query, page }: SearchRequest) => searchConversations(db, 'sqlite', scope, query, page));
