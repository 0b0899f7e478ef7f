/** Pages of lists by id, oldest first, since ids are ordered by creation time. */
import { type SelectQueryBuilder, sql } from 'kysely';

export interface PageRequest<Id extends string | number = string> {
  /** Maximum number of rows, 1 to 1000. */
  readonly limit: number;
  /** The last id of the page before; absent for the first page. */
  readonly after?: Id | undefined;
}

export interface Page<T, Id extends string | number = string> {
  readonly data: readonly T[];
  /** The next page's `after`; null if there is no next page. */
  readonly next: Id | null;
}

/** Reads a page of a query by its `id` column, oldest first. */
export async function readPage<DB, TB extends keyof DB, R extends { readonly id: string | number }, T>(
  query: SelectQueryBuilder<DB, TB, R>,
  { limit, after }: PageRequest<R['id']>,
  map: (row: R) => T,
): Promise<Page<T, R['id']>> {
  const id = sql.ref('id');
  const rest = after === undefined ? query : query.where(id, '>', after);
  const rows = await rest
    .orderBy(id)
    .limit(limit + 1)
    .execute();
  return toPage(rows, limit, map, (row) => row.id);
}

/** Makes a page of rows that were read with one more than the limit. */
export function toPage<R, T, Id extends string | number>(
  rows: readonly R[],
  limit: number,
  map: (row: R) => T,
  idOf: (row: R) => Id,
): Page<T, Id> {
  const kept = rows.slice(0, limit);
  const last = kept.at(-1);
  return {
    data: kept.map(map),
    next: rows.length > limit && last !== undefined ? idOf(last) : null,
  };
}
