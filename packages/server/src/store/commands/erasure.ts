/** Notes that data was erased, until the files of the database have no copies of it any more. */
import type { CommandContext } from '../command-context.ts';

/**
 * Commands call this when they have erased texts. SQLite's files then have copies left: words in the search index, and
 * small rows in the unused parts of pages. PostgreSQL has its own vacuum. `now` is in epoch milliseconds.
 */
export async function noteErasure({ db, engine }: CommandContext, now: number): Promise<void> {
  if (engine === 'postgres') return;
  await db
    .insertInto('erasure')
    .values({ id: 1, first_at: now, count: 1 })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({ count: eb('erasure.count', '+', 1) })),
    )
    .execute();
}

/** Forgets the note if nothing was erased since `count` was read. */
export async function settleErasure(
  { db }: CommandContext,
  { count }: { readonly count: number },
): Promise<null> {
  await db.deleteFrom('erasure').where('count', '=', count).execute();
  return null;
}
