/** A thread's own connection to the store, for reads that would hold up the main thread. */
import type { Database } from './tables.ts';
import { isUnavailable, storeUnavailable } from './unavailable.ts';

/** Where the data is: the database file at `path`, or a PostgreSQL server. */
export type DataPlace =
  | { readonly engine: 'sqlite'; readonly path: string }
  | { readonly engine: 'postgres'; readonly url: string };

/** What only the other engine needs is not loaded. */
export async function openOwnConnection(place: DataPlace): Promise<Database> {
  if (place.engine === 'postgres')
    return (await import('./postgres/own-connection.ts')).openForReading(place.url);
  const { kyselyOn, openForReading } = await import('./sqlite/database.ts');
  return kyselyOn(openForReading(place.path));
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
