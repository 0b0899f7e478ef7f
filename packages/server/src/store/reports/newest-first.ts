/** Pages of lists that are read newest first and filtered by what no index tells. */
import type { TimePage, TimePageRequest, TimePlace } from '../queries/page.ts';

/** A row that was looked at. */
export interface Looked extends TimePlace {
  /** Whether it passes the filter. */
  readonly matches: boolean;
}

/** Rows that are looked at in one step, and for a page at most: whatever the filter is, a page takes a bounded time. */
const rowsAtOnce = 1000;
const mostLookedAt = 20_000;

/**
 * Gives the next rows that pass the filter. `look` reads at most `limit` rows behind a place, newest first, those that
 * do not pass among them. `isFiltered`: whether some may not.
 */
export async function pageNewestFirst<R extends Looked>(
  { limit, after }: TimePageRequest,
  isFiltered: boolean,
  look: (limit: number, after: TimePlace | undefined) => Promise<readonly R[]>,
): Promise<TimePage<R>> {
  const step = isFiltered ? Math.max(limit + 1, rowsAtOnce) : limit + 1;
  const data: R[] = [];
  let place = after;
  for (let looked = 0; looked < mostLookedAt; looked += step) {
    const rows = await look(step, place);
    for (const row of rows) {
      if (!row.matches) continue;
      const last = data.at(-1);
      if (last !== undefined && data.length === limit) return { data, next: placeOf(last) };
      data.push(row);
    }
    const end = rows.at(-1);
    if (end === undefined || rows.length < step) return { data, next: null };
    place = placeOf(end);
  }
  return { data, next: place ?? null };
}

function placeOf({ createdAt, id }: TimePlace): TimePlace {
  return { createdAt, id };
}
