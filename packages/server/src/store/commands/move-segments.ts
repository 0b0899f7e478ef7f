/** Moves committed events of live generations from the journal to their segments, and prunes the journal. */
import { sql } from 'kysely';
import type { CommandContext } from '../command-context.ts';
import type { SegmentTable } from '../tables.ts';
import { requireOwner } from './owner.ts';

export interface MoveSegments {
  readonly owner: number;
  readonly segments: readonly (SegmentTable & { readonly first_token_at: number | null })[];
  /** Journal rows of this owner up to this `n` hold nothing that is not in a segment now; null: prune nothing. */
  readonly pruneThrough: number | null;
}

export async function moveSegments(context: CommandContext, args: MoveSegments): Promise<null> {
  const { db } = context;
  await requireOwner(context, args.owner);
  for (const { first_token_at, ...segment } of args.segments) {
    // The generation may have been deleted meanwhile; its events go with it.
    await sql`
      insert into segment (generation_id, first_seq, last_seq, events)
      select ${segment.generation_id}, ${sql`cast(${segment.first_seq} as integer)`},
        ${sql`cast(${segment.last_seq} as integer)`}, ${segment.events}
      where exists (select 1 from generation where id = ${segment.generation_id})`.execute(db);
    if (first_token_at !== null) {
      await db
        .updateTable('generation')
        .set({ first_token_at })
        .where('id', '=', segment.generation_id)
        .where('first_token_at', 'is', null)
        .execute();
    }
  }
  if (args.pruneThrough !== null) {
    await db
      .deleteFrom('journal')
      .where('owner', '=', args.owner)
      .where('n', '<=', args.pruneThrough)
      .execute();
  }
  return null;
}
