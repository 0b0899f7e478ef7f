/** Times on the wire: RFC 3339, UTC, milliseconds. */

export function toTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

export function toTimeOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : toTime(epochMs);
}

/** Of a text that the schema found to be RFC 3339; a leap second counts as the one before. */
export function fromTime(text: string): number {
  return Date.parse(text.replace(/:60(?=[.Zz+-])/, ':59'));
}
