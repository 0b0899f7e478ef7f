/** A thread's own connection to the store, for reads that would hold up the main thread. */
import * as postgres from './postgres/own-connection.ts';
import { kyselyOn, openForReading } from './sqlite/database.ts';
import type { Database } from './tables.ts';
import { isUnavailable, storeUnavailable } from './unavailable.ts';

/** Where the data is: the database file at `path`, or a PostgreSQL server. */
export type DataPlace =
  | { readonly engine: 'sqlite'; readonly path: string }
  | { readonly engine: 'postgres'; readonly url: string };

export function openOwnConnection(place: DataPlace): Database {
  return place.engine === 'sqlite'
    ? kyselyOn(openForReading(place.path))
    : postgres.openForReading(place.url);
}

/** An answer of such a thread, or why the store was not available. */
export type ReadAnswer = { readonly value: unknown } | { readonly unavailable: string };

export async function toReadAnswer(read: Promise<unknown>): Promise<ReadAnswer> {
  try {
    return { value: await read };
  } catch (error) {
    if (isUnavailable(error)) return { unavailable: (error as Error).message };
    throw error;
  }
}

/** What the thread has read. @throws AppError where the store was not available */
export function fromReadAnswer(answer: ReadAnswer): unknown {
  if ('unavailable' in answer) throw storeUnavailable(new Error(answer.unavailable));
  return answer.value;
}
