/** Reads what logs hold, event by event: in the journal, and in segments. */
import { sql } from 'kysely';
import { stepsOf } from '../queries/page.ts';
import type { Database } from '../tables.ts';

export interface BrokenLogs {
  readonly rule: string;
  readonly problem: string;
  /** Journal rows as `<owner>.<n>`, else ids of generations. */
  readonly ids: readonly string[];
}

export async function findBrokenLogs(db: Database): Promise<readonly BrokenLogs[]> {
  return [...(await findBrokenJournal(db)), ...(await findBrokenSegments(db))];
}

async function findBrokenJournal(db: Database): Promise<readonly BrokenLogs[]> {
  const unreadable: string[] = [];
  const gaps: string[] = [];
  const cut = new Set<string>();
  /** By generation, the last event that segments and the journal rows so far have. */
  const ends = new Map<string, number>();
  let last: { readonly owner: number; readonly n: number } | undefined;
  for await (const { owner, n, payload } of journalOf(db)) {
    if (last?.owner === owner && n !== last.n + 1) gaps.push(`${owner}.${n}`);
    last = { owner, n };
    const runs = readRow(payload);
    if (runs === undefined) {
      unreadable.push(`${owner}.${n}`);
      continue;
    }
    for (const { id, firstSeq, count } of runs) {
      // The rows of a generation that was deleted stay until the journal is pruned.
      const end = ends.get(id) ?? (await endOfSegments(db, id));
      if (end === undefined) continue;
      if (firstSeq > end + 1) cut.add(id);
      ends.set(id, Math.max(end, firstSeq + count - 1));
    }
  }
  return [
    { rule: 'journal-is-readable', problem: 'journal rows hold what is no event', ids: unreadable },
    { rule: 'journal-without-gaps', problem: 'journal rows are missing before', ids: gaps },
    {
      rule: 'journal-goes-on',
      problem: 'generations lack events between their segments and the journal',
      ids: [...cut],
    },
  ];
}

function journalOf(db: Database) {
  const all = db.selectFrom('journal').selectAll().orderBy('owner').orderBy('n');
  return stepsOf(all, ({ owner, n }) => sql<boolean>`(owner, n) > (${owner}, ${n})`);
}

/** The last event in segments, 0 where there is none; undefined for a generation that is not there. */
async function endOfSegments(db: Database, id: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('generation')
    .leftJoin('segment', 'segment.generation_id', 'generation.id')
    .select((eb) => eb.fn.max('segment.last_seq').as('end'))
    .where('generation.id', '=', id)
    .groupBy('generation.id')
    .executeTakeFirst();
  return row && Number(row.end ?? 0);
}

interface Run {
  readonly id: string;
  readonly firstSeq: number;
  readonly count: number;
}

/** The runs of a packed row; undefined where it is none. */
function readRow(payload: string): readonly Run[] | undefined {
  const row = parse(payload);
  if (!Array.isArray(row)) return undefined;
  const runs: Run[] = [];
  for (const run of row as unknown[]) {
    const [id, firstSeq, events] = Array.isArray(run) ? (run as unknown[]) : [];
    const isRun = typeof id === 'string' && Number.isSafeInteger(firstSeq) && areEvents(events);
    if (!isRun) return undefined;
    runs.push({ id, firstSeq: firstSeq as number, count: events.length });
  }
  return runs;
}

async function findBrokenSegments(db: Database): Promise<readonly BrokenLogs[]> {
  const broken = new Set<string>();
  for await (const row of segmentsOf(db)) {
    const events = parse(row.events);
    const count = Number(row.last_seq) - Number(row.first_seq) + 1;
    if (!areEvents(events) || events.length !== count) broken.add(row.generation_id);
  }
  return [
    {
      rule: 'segments-are-whole',
      problem: 'generations have segments whose events can’t be read or are not as many as they say',
      ids: [...broken],
    },
  ];
}

function segmentsOf(db: Database) {
  const all = db
    .selectFrom('segment')
    .select(['generation_id', 'first_seq', 'last_seq', 'events'])
    .orderBy('generation_id')
    .orderBy('first_seq');
  return stepsOf(
    all,
    (last) => sql<boolean>`(generation_id, first_seq) > (${last.generation_id}, ${last.first_seq})`,
  );
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** A delta is a bare string; every other event has a type. */
function areEvents(value: unknown): value is readonly unknown[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(
      (event: unknown) =>
        typeof event === 'string' ||
        (typeof event === 'object' &&
          event !== null &&
          typeof (event as { type?: unknown }).type === 'string'),
    )
  );
}
