/** A thread that reads reports. */
import { workerData } from 'node:worker_threads';
import { answerCalls } from '../../concurrency/worker-calls.ts';
import { type DataPlace, openOwnConnection, toReadAnswer } from '../own-connection.ts';
import type { Database, StoreEngine } from '../tables.ts';
import { type ReportName, reports } from './registry.ts';

export interface ReportCall {
  readonly name: ReportName;
  readonly args: unknown;
}

const place = workerData as DataPlace;
const db = await openOwnConnection(place);

answerCalls(({ name, args }: ReportCall) => {
  const read = reports[name] as (db: Database, engine: StoreEngine, args: unknown) => Promise<unknown>;
  return toReadAnswer(read(db, place.engine, args));
});
