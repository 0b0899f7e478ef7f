/**
 * Pages of lists by id, oldest first, since ids are ordered by creation time; pages by time, newest first; and lists that are
 * read in steps.
 */
import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import { loopTurn } from '../../concurrency/loop-turn.ts';

export interface PageRequest<Id extends string | number = string> {
  /** Maximum number of rows, 1 to 1000. */
  readonly limit: number;
  /** The last id of the page before; absent for the first page. */
  readonly after?: Id | undefined;
}

export interface Page<T, Id extends string | number = string> {
  /** Fewer than the limit where the page was full before, or the list has ended. */
  readonly data: readonly T[];
  /** The next page's `after`; null if there is no next page. */
  readonly next: Id | null;
}

/** Most bytes of a page's rows, as JSON; a row that is longer alone is a page of its own. */
export const maxPageBytes = 4 * 1024 * 1024;

/** How many rows are read at once. */
export interface StepRows {
  /** At first, and wherever a read has held the thread for `briefMs` or longer. */
  readonly fewest: number;
  /** Reached in steps of eight times as many. */
  readonly most: number;
}

/** Few, since each may have texts. */
const rowsWithTexts: StepRows = { fewest: 32, most: 32 };
const briefMs = 1;

/** Reads the rows behind one, or the first ones; fewer than `limit` only at the end of the list. */
export type ReadRows<R> = (after: R | undefined, limit: number) => Promise<readonly R[]>;

/** All rows of a list, some at a time, each time in a turn of the event loop of its own. */
export async function* inSteps<R>(
  read: ReadRows<R>,
  { fewest, most }: StepRows = rowsWithTexts,
): AsyncGenerator<R, void> {
  let atOnce = fewest;
  for (let last: R | undefined; ; ) {
    await loopTurn();
    const startedAt = performance.now();
    const reading = read(last, atOnce);
    const heldMs = performance.now() - startedAt;
    const rows = await reading;
    yield* rows;
    if (rows.length < atOnce) return;
    last = rows.at(-1);
    atOnce = heldMs < briefMs ? Math.min(most, atOnce * 8) : fewest;
  }
}

/** All rows of an ordered query, as `inSteps`; `behind` says what follows a row. */
export function stepsOf<DB, TB extends keyof DB, R>(
  query: SelectQueryBuilder<DB, TB, R>,
  behind: (last: R) => RawBuilder<boolean>,
): AsyncGenerator<R, void> {
  return inSteps<R>((last, limit) => {
    const rest = last === undefined ? query : query.where(behind(last));
    return rest.limit(limit).execute();
  });
}

/** Reads rows until there are `limit` of them, or they are too long for a page. */
export async function readFull<R>(
  limit: number,
  read: ReadRows<R>,
): Promise<{ readonly rows: readonly R[]; readonly hasMore: boolean }> {
  const rows: R[] = [];
  let bytes = 0;
  const all = inSteps<R>((last, atOnce) => read(last, Math.min(atOnce, limit + 1 - rows.length)));
  for await (const row of all) {
    bytes += Buffer.byteLength(JSON.stringify(row));
    if (rows.length === limit || (rows.length > 0 && bytes > maxPageBytes)) return { rows, hasMore: true };
    rows.push(row);
  }
  return { rows, hasMore: false };
}

/** Reads a page of a query by its `id` column, oldest first. */
export async function readPage<DB, TB extends keyof DB, R extends { readonly id: string | number }, T>(
  query: SelectQueryBuilder<DB, TB, R>,
  { limit, after }: PageRequest<R['id']>,
  map: (row: R) => T,
): Promise<Page<T, R['id']>> {
  const id = sql.ref('id');
  const { rows, hasMore } = await readFull<R>(limit, (last, atOnce) => {
    const from = last?.id ?? after;
    const rest = from === undefined ? query : query.where(id, '>', from);
    return rest.orderBy(id).limit(atOnce).execute();
  });
  return toPage(rows, hasMore, map, (row) => row.id);
}

/** Makes a page of rows that `readFull` has read. */
export function toPage<R, T, Id extends string | number>(
  rows: readonly R[],
  hasMore: boolean,
  map: (row: R) => T,
  idOf: (row: R) => Id,
): Page<T, Id> {
  const last = rows.at(-1);
  return { data: rows.map(map), next: hasMore && last !== undefined ? idOf(last) : null };
}

/** A place in a list that is ordered by time, then by id: behind the row of this id, which was made at this time. */
export interface TimePlace {
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly id: string;
}

export interface TimePage<T> {
  readonly data: readonly T[];
  /** Where the next page begins; null if there is none. A page may hold fewer than were asked for, and be not the last. */
  readonly next: TimePlace | null;
}

export interface TimePageRequest {
  readonly limit: number;
  readonly after?: TimePlace | undefined;
}

/** What is absent is no bound. */
export interface TimeRange {
  /** Epoch milliseconds, inclusive. */
  readonly from?: number | undefined;
  /** Epoch milliseconds, exclusive. */
  readonly to?: number | undefined;
}

/**
 * Whether a row was made in the range and comes after the place, newest first. An index finds it by `time` and `id`, from the
 * place on: of the end of the range and the place only the lower one is asked for, since SQLite begins at the first bound.
 */
export function isInRange(
  { from, to }: TimeRange,
  after: TimePlace | undefined,
  time: 'created_at' | 'at' = 'created_at',
): RawBuilder<boolean> {
  const at = sql.ref(time);
  const conditions: RawBuilder<boolean>[] = [];
  if (from !== undefined) conditions.push(sql`${at} >= ${from}`);
  if (after !== undefined && (to === undefined || after.createdAt < to)) {
    const { createdAt, id } = after;
    conditions.push(sql`(${at}, id) < (${createdAt}, ${id})`, sql`${at} <= ${createdAt}`);
  } else if (to !== undefined) conditions.push(sql`${at} < ${to}`);
  return conditions.length === 0 ? sql`1 = 1` : sql`${sql.join(conditions, sql` and `)}`;
}

/**
 * Makes a page of records that were read with one more than the limit from as many rows as a page looks at. `findEnd` gives
 * the last of those rows; undefined if there are not so many.
 */
export async function toTimePage<T>(
  records: readonly T[],
  limit: number,
  placeOf: (record: T) => TimePlace,
  findEnd: () => Promise<TimePlace | undefined>,
): Promise<TimePage<T>> {
  const data = records.slice(0, limit);
  const last = data.at(-1);
  const isFull = records.length > limit && last !== undefined;
  return { data, next: isFull ? placeOf(last) : ((await findEnd()) ?? null) };
}
