/** The thread that searches, since a search of many matches would hold up everything on the main one. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Scope } from '../../domain/scope.ts';
import type { MatchPage } from '../search/documents.ts';
import { type FoundConversation, searchConversations } from '../search/find.ts';
import { kyselyOn, openForReading } from './database.ts';

export interface SearchRequest {
  readonly id: number;
  readonly scope: Scope;
  readonly query: string;
  readonly page: MatchPage;
}

export type SearchReply =
  | { readonly id: number; readonly found: readonly FoundConversation[] }
  | { readonly id: number; readonly error: string };

if (parentPort === null) throw new Error('the search runs as a worker thread');
const port = parentPort;
const db = kyselyOn(openForReading((workerData as { readonly path: string }).path));

port.on('message', async ({ id, scope, query, page }: SearchRequest) => {
  let reply: SearchReply;
  try {
    reply = { id, found: await searchConversations(db, 'sqlite', scope, query, page) };
  } catch (error) {
    reply = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  port.postMessage(reply);
});
