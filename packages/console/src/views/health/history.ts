/** What was read in the last minutes, for small plots. */

export interface Sample {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly value: number;
}

/** How far the plots look back, in milliseconds. */
export const keptMs = 300_000;

/** With one more, without what is too old. A value that is not known leaves a gap. */
export function withSample(samples: readonly Sample[], at: number, value: number | null): readonly Sample[] {
  const kept = samples.filter((sample) => sample.at > at - keptMs && sample.at < at);
  return value === null ? kept : [...kept, { at, value }];
}

/** The points of a line in a box of that size, the newest at its right edge. */
export function pointsOf(samples: readonly Sample[], width: number, height: number): string {
  const newest = samples.at(-1)?.at ?? 0;
  const most = Math.max(...samples.map(({ value }) => value), Number.EPSILON);
  return samples
    .map(({ at, value }) => {
      const x = width * (1 - (newest - at) / keptMs);
      return `${x.toFixed(1)},${(height * (1 - value / most)).toFixed(1)}`;
    })
    .join(' ');
}
