/** Pages of lists by id, oldest first, since ids are ordered by creation time. */

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
