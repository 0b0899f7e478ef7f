/** Reads the segments of generations' logs. The caller has checked the scope of the generation. */
import { sql } from 'kysely';
import type { LogEvent } from '../../domain/event.ts';
import { statement } from '../statement.ts';
import type { Database, SegmentTable } from '../tables.ts';

/** The largest number of an event that both engines can store. */
export const maxSeq = 2_147_483_647;

export interface Segment {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly events: readonly LogEvent[];
}

type Row = Pick<SegmentTable, 'first_seq' | 'last_seq' | 'events'>;

/** Begins at the segment that may hold the next event, and looks at none before it. */
const segmentsAfter = statement<{ generation_id: string; after: number; limit: number }, Row>((db, param) =>
  db
    .selectFrom('segment')
    .select(['first_seq', 'last_seq', 'events'])
    .where('generation_id', '=', param('generation_id'))
    .where('first_seq', '>=', (eb) =>
      eb.fn.coalesce(
        eb
          .selectFrom('segment')
          .select((last) => last.fn.max('first_seq').as('first_seq'))
          .where('generation_id', '=', param('generation_id'))
          .where('first_seq', '<=', param('after')),
        sql.lit(0),
      ),
    )
    .where('last_seq', '>', param('after'))
    .orderBy('first_seq')
    .limit(param('limit')),
);

/** Segments that hold events after `afterSeq`, oldest first, at most `limit` of them. */
export async function readSegments(
  db: Database,
  generationId: string,
  afterSeq: number,
  limit: number,
): Promise<Segment[]> {
  const rows = await segmentsAfter(db, { generation_id: generationId, after: afterSeq, limit });
  return rows.map(toSegment);
}

const structuredBetween = statement<
  { generation_id: string; after: number; before: number; limit: number },
  Row
>((db, param) =>
  db
    .selectFrom('segment')
    .select(['first_seq', 'last_seq', 'events'])
    .where('generation_id', '=', param('generation_id'))
    .where('first_seq', '>', param('after'))
    .where('first_seq', '<', param('before'))
    .where('is_plain', 'is', null)
    .orderBy('first_seq')
    .limit(param('limit')),
);

/**
 * Segments that may hold other events than deltas, oldest first, at most `limit` of them: those that begin behind event
 * `after` and before event `before`.
 */
export async function readStructuredSegments(
  db: Database,
  generationId: string,
  { after, before, limit }: { readonly after: number; readonly before: number; readonly limit: number },
): Promise<Segment[]> {
  const rows = await structuredBetween(db, { generation_id: generationId, after, before, limit });
  return rows.map(toSegment);
}

function toSegment(row: Row): Segment {
  return {
    firstSeq: row.first_seq,
    lastSeq: row.last_seq,
    events: JSON.parse(row.events) as LogEvent[],
  };
}

/** The seq of the last event that a segment of the generation holds; 0 where there is none. */
export async function readLastSeq(db: Database, generationId: string): Promise<number> {
  const { seq } = await db
    .selectFrom('segment')
    .select((eb) => eb.fn.max('last_seq').as('seq'))
    .where('generation_id', '=', generationId)
    .executeTakeFirstOrThrow();
  return Number(seq ?? 0);
}
