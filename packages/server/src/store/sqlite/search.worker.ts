/** The thread that searches, since a search of many matches would hold up everything on the main one. */
import { workerData } from 'node:worker_threads';
import { answerCalls } from '../../concurrency/worker-calls.ts';
import type { Scope } from '../../domain/scope.ts';
import type { MatchPage } from '../search/documents.ts';
import { searchConversations } from '../search/find.ts';
import { kyselyOn, openForReading } from './database.ts';

export interface SearchThreadData {
  /** Of the database file. */
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
