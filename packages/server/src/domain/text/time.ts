/** Times as text: RFC 3339 in UTC. Inside the program a time is a number of milliseconds since 1970. */

/** RFC 3339 with milliseconds, such as `2026-11-22T20:30:00.000Z`. */
export function toTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

export function toTimeOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : toTime(epochMs);
}

/** The day in UTC, such as `2026-11-22`. */
export function toDay(epochMs: number): string {
  return toTime(epochMs).slice(0, 10);
}

/** Epoch milliseconds of an RFC 3339 time; a leap second counts as the second before it. NaN for any other text. */
export function fromTime(text: string): number {
  return Date.parse(
    text
      .toUpperCase()
      .replace(' ', 'T')
      .replace(/:60(?=[.Z+-])/, ':59'),
  );
}
