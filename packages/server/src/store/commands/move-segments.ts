/** Moves committed events of live generations from the journal to their segments, and prunes the journal. */
import { sql } from 'kysely';
import type { CommandContext } from '../command-context.ts';
import type { PackedSegment } from '../journal.ts';
import { answersInOrder, statement } from '../statement.ts';
import type { Database } from '../tables.ts';
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
  const { db, engine } = context;
  const { owner, segments } = args;
  const owned = requireOwner(context, owner);
  if (engine === 'postgres') await answersInOrder([owned, moveAtOnce(db, segments)]);
  else {
    await owned;
    await moveOneByOne(db, segments);
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

// The generation may have been deleted meanwhile; its events go with it. A segment is there already where the answer to an
// earlier move was lost: this one has its events, and perhaps more.
const unlessStored = sql`on conflict (generation_id, first_seq) do update
  set last_seq = excluded.last_seq, events = excluded.events, is_plain = excluded.is_plain
  where excluded.last_seq > segment.last_seq`;

async function moveOneByOne(db: Database, segments: readonly MovedSegment[]): Promise<void> {
  for (const { generationId, firstSeq, lastSeq, events, isPlain, firstTokenAt } of segments) {
    await sql`
      insert into segment (generation_id, first_seq, last_seq, events, is_plain)
      select ${generationId}, ${firstSeq}, ${lastSeq}, ${events}, ${isPlain ? 1 : null}
      where exists (select 1 from generation where id = ${generationId}) ${unlessStored}`.execute(db);
    if (firstTokenAt !== null) {
      await db
        .updateTable('generation')
        .set({ first_token_at: firstTokenAt })
        .where('id', '=', generationId)
        .where('first_token_at', 'is', null)
        .execute();
    }
  }
}

interface Columns {
  readonly generation_ids: readonly string[];
  readonly first_seqs: readonly number[];
  readonly last_seqs: readonly number[];
  readonly events: readonly string[];
  readonly are_plain: readonly (1 | null)[];
  readonly first_token_ats: readonly (number | null)[];
}

const insertAll = statement<Columns, unknown>(
  (_db, param) => sql`
    insert into segment (generation_id, first_seq, last_seq, events, is_plain)
    select moved.* from unnest(
      ${param('generation_ids')}::text[], ${param('first_seqs')}::integer[], ${param('last_seqs')}::integer[],
      ${param('events')}::text[], ${param('are_plain')}::integer[]
    ) as moved (generation_id, first_seq, last_seq, events, is_plain)
    where exists (select 1 from generation where id = moved.generation_id) ${unlessStored}`,
);

const markFirstTokens = statement<Columns, unknown>(
  (_db, param) => sql`
    update generation set first_token_at = moved.at
    from (
      select distinct id, at from unnest(${param('generation_ids')}::text[], ${param('first_token_ats')}::bigint[])
        as moved (id, at)
      where at is not null
    ) as moved
    where generation.id = moved.id and generation.first_token_at is null`,
);

/** On PostgreSQL a statement for each segment would hold the owner's lock for as many round trips. */
async function moveAtOnce(db: Database, segments: readonly MovedSegment[]): Promise<void> {
  if (segments.length === 0) return;
  const columns: Columns = {
    generation_ids: segments.map(({ generationId }) => generationId),
    first_seqs: segments.map(({ firstSeq }) => firstSeq),
    last_seqs: segments.map(({ lastSeq }) => lastSeq),
    events: segments.map(({ events }) => events),
    are_plain: segments.map(({ isPlain }) => (isPlain ? 1 : null)),
    first_token_ats: segments.map(({ firstTokenAt }) => firstTokenAt),
  };
  await answersInOrder([insertAll(db, columns), markFirstTokens(db, columns)]);
}
