/** Times as text: RFC 3339 in UTC. Inside the program a time is a number of milliseconds since 1970. */

/** The times that RFC 3339 can write in UTC, since its years have four digits. Epoch milliseconds. */
export const earliestMs = Date.parse('0000-01-01T00:00:00.000Z');
export const latestMs = Date.parse('9999-12-31T23:59:59.999Z');

export const dayMs = 86_400_000;

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

/** As `fromTime`; a time without a zone is one in UTC. */
export function fromTimeOrUtc(text: string): number {
  const zoned = /[Zz]$|[+-]\d\d:\d\d$/.test(text);
  return fromTime(zoned ? text : `${text}Z`);
}

/**
 * Epoch milliseconds of an RFC 3339 time; a leap second counts as the second before it. NaN for any other text, and for a
 * time whose offset takes it out of the years 0 to 9999 in UTC.
 */
export function fromTime(text: string): number {
  const epochMs = Date.parse(
    text
      .toUpperCase()
      .replace(' ', 'T')
      .replace(/:60(?=[.Z+-])/, ':59'),
  );
  return epochMs >= earliestMs && epochMs <= latestMs ? epochMs : Number.NaN;
}
