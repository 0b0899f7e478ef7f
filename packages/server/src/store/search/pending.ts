/** Conditions for rows that the search index lacks, in the same words as those of the partial indexes. */
import { sql } from 'kysely';
import type { Database } from '../tables.ts';

export const titleIsPending = sql<boolean>`is_indexed = 0`;
/** A message without an entry; an answer is indexed once it has ended. */
export const messageIsPending = sql<boolean>`is_indexed = 0 and status not in ('queued', 'running')`;

export async function hasPending(db: Database): Promise<boolean> {
  const title = await db.selectFrom('conversation').select('id').where(titleIsPending).limit(1).execute();
  if (title.length > 0) return true;
  const message = await db.selectFrom('message').select('id').where(messageIsPending).limit(1).execute();
  return message.length > 0;
}
