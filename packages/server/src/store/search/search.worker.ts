/** The search thread: searches and the words of new texts would block the main thread. */
import { workerData } from 'node:worker_threads';
import { answerCalls } from '../../concurrency/worker-calls.ts';
import type { Scope } from '../../domain/scope.ts';
import { type DataPlace, openOwnConnection, toReadAnswer } from '../own-connection.ts';
import { type MatchPage, searchConversations } from './find.ts';
import { type IndexStep, preparePending } from './pending.ts';

export type SearchCall =
  | { readonly name: 'search'; readonly scope: Scope; readonly query: string; readonly page: MatchPage }
  | { readonly name: 'prepare'; readonly step: IndexStep };

const place = workerData as DataPlace;
const db = await openOwnConnection(place);

answerCalls((call: SearchCall) => toReadAnswer(answer(call)));

function answer(call: SearchCall): Promise<unknown> {
  if (call.name === 'prepare') return preparePending(db, call.step);
  return searchConversations(db, place.engine, call.scope, call.query, call.page);
}
