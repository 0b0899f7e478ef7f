/** Which items of a long list stand in the page: a moving window that grows to a bound, then lets go at its other end. */

/** Indexes into the list; `end` is behind the last one. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** How many stand there at first, and come at once. */
export const step = 60;
/** How many stand there at most. */
export const most = 240;

export function lastOf(count: number): Range {
  return { start: Math.max(0, count - step), end: count };
}

export function growUp({ start, end }: Range): Range {
  const next = Math.max(0, start - step);
  return { start: next, end: Math.min(end, next + most) };
}

export function growDown({ start, end }: Range, count: number): Range {
  const next = Math.min(count, end + step);
  return { start: Math.max(start, next - most), end: next };
}

/** Around one item, which is in it. */
export function around(index: number, count: number): Range {
  const start = Math.max(0, Math.min(index - step / 2, count - step));
  return { start, end: Math.min(count, start + step) };
}

export interface Identified {
  readonly id: string;
  /** Stays the same where `id` changes: when the server gives a message its own. Default: `id`. */
  readonly key?: string;
}

export function keyOf({ id, key }: Identified): string {
  return key ?? id;
}

/**
 * The same window after the list has changed: earlier items may have come before it, newer ones behind, others may have gone.
 * A window that stood at the end stays there; it lets go of its beginning only where `mayLetGo`, for else what is read would go.
 */
export function carryOver(
  range: Range,
  before: readonly Identified[],
  now: readonly Identified[],
  mayLetGo: boolean,
): Range {
  if (before === now) return range;
  const wasAtEnd = range.end >= before.length;
  const isThere = new Map(now.map((item, index) => [keyOf(item), index]));
  const inWindow = before.slice(range.start, range.end).flatMap((item) => isThere.get(keyOf(item)) ?? []);
  // Nothing of it is left: another branch, another conversation.
  if (inWindow.length === 0) return lastOf(now.length);
  // What stood in the window may stand in another order now.
  const first = Math.min(...inWindow);
  const last = Math.max(...inWindow);
  const end = wasAtEnd ? now.length : last + 1;
  if (end - first <= most) return { start: first, end };
  return mayLetGo ? { start: end - most + step, end } : { start: first, end: first + most };
}
