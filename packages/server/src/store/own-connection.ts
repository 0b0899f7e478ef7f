/** A thread's own connection to the store, for reads that would hold up the main thread. */
import { openForSearch } from './postgres/search-connection.ts';
import { kyselyOn, openForReading } from './sqlite/database.ts';
import type { Database } from './tables.ts';
import { isUnavailable } from './unavailable.ts';

/** Where the data is: the database file at `path`, or a PostgreSQL server. */
export type DataPlace =
  | { readonly engine: 'sqlite'; readonly path: string }
  | { readonly engine: 'postgres'; readonly url: string };

export function openOwnConnection(place: DataPlace): Database {
  return place.engine === 'sqlite' ? kyselyOn(openForReading(place.path)) : openForSearch(place.url);
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
