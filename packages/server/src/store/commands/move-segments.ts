/** Moves committed events of live generations from the journal to their segments, and prunes the journal. */
import { sql } from 'kysely';
import type { CommandContext } from '../command-context.ts';
import type { PackedSegment } from '../journal.ts';
import { requireOwner } from './owner.ts';

/** Consecutive events of a generation. */
export interface MovedSegment extends PackedSegment {
  readonly generationId: string;
  /** Epoch milliseconds; null before the first token. */
  readonly firstTokenAt: number | null;
}

export interface MoveSegments {
  readonly owner: number;
  readonly segments: readonly MovedSegment[];
  /** Journal rows of this owner up to this `n` are deleted, since segments hold their events. Null deletes none. */
  readonly pruneThrough: number | null;
}

export async function moveSegments(context: CommandContext, args: MoveSegments): Promise<null> {
  const { db } = context;
  await requireOwner(context, args.owner);
  for (const { generationId, firstSeq, lastSeq, events, isPlain, firstTokenAt } of args.segments) {
    // The generation may have been deleted meanwhile; its events go with it. A segment is there already where the answer
    // to an earlier move was lost: this one has its events, and perhaps more.
    await sql`
      insert into segment (generation_id, first_seq, last_seq, events, is_plain)
      select ${generationId}, ${sql`cast(${firstSeq} as integer)`}, ${sql`cast(${lastSeq} as integer)`}, ${events},
        ${sql`cast(${isPlain ? 1 : null} as integer)`}
      where exists (select 1 from generation where id = ${generationId})
      on conflict (generation_id, first_seq) do update
      set last_seq = excluded.last_seq, events = excluded.events, is_plain = excluded.is_plain
      where excluded.last_seq > segment.last_seq`.execute(db);
    if (firstTokenAt !== null) {
      await db
        .updateTable('generation')
        .set({ first_token_at: firstTokenAt })
        .where('id', '=', generationId)
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
