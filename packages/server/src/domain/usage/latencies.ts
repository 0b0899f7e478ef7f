/**
 * Times of calls in 64 logarithmic buckets, so that they can be added up and still give percentiles. A bucket's largest
 * whole millisecond is at most 11/9 of its smallest, and its harmonic mean stands for all of it: at most 10 % too much or
 * too little, up to twelve minutes; the last bucket holds what is longer.
 */
export const bucketCount = 64;

/** The smallest millisecond of each bucket. */
const smallest: readonly number[] = Array.from(
  (function* () {
    for (let ms = 0, bucket = 0; bucket < bucketCount; bucket += 1, ms = largestBeside(ms) + 1) yield ms;
  })(),
);

/** The largest millisecond of the bucket that begins with this one. */
function largestBeside(ms: number): number {
  return Math.floor((ms * 11) / 9);
}

function bucketOf(ms: number): number {
  let [low, high] = [0, bucketCount - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((smallest[middle] as number) <= ms) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Whole milliseconds, within 10 %; null without calls. */
export interface Percentiles {
  readonly p50: number | null;
  readonly p95: number | null;
}

export class Latencies {
  readonly #counts = new Map<number, number>();

  /** @param ms at least 0; fractions are rounded */
  add(ms: number): void {
    this.#count(bucketOf(Math.round(ms)), 1);
  }

  /** Adds what `toString` gave, or several such texts with blanks between them; `sign` −1 takes it away. */
  addText(text: string, sign: 1 | -1 = 1): void {
    if (text === '') return;
    for (const part of text.split(' ')) {
      const colon = part.indexOf(':');
      // A text that stands for no call leaves an empty part.
      if (colon > 0) this.#count(Number(part.slice(0, colon)), sign * Number(part.slice(colon + 1)));
    }
  }

  /**
   * The smallest time that this share of the calls did not exceed, within 10 %, in whole milliseconds; null without calls.
   * @param share above 0, at most 1
   */
  percentile(share: number): number | null {
    const buckets = this.#buckets();
    const total = buckets.reduce((sum, [, count]) => sum + count, 0);
    const rank = Math.ceil(share * total);
    let seen = 0;
    for (const [bucket, count] of buckets) {
      seen += count;
      if (seen >= rank) return middleOf(bucket);
    }
    return null;
  }

  percentiles(): Percentiles {
    return { p50: this.percentile(0.5), p95: this.percentile(0.95) };
  }

  /** The buckets that hold calls, with their counts: `23:1 24:5`; empty without calls. */
  toString(): string {
    return this.#buckets()
      .map(([bucket, count]) => `${bucket}:${count}`)
      .join(' ');
  }

  /** Those that hold calls, the shortest times first. */
  #buckets(): (readonly [bucket: number, count: number])[] {
    return [...this.#counts].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
  }

  #count(bucket: number, count: number): void {
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + count);
  }
}

function middleOf(bucket: number): number {
  const from = smallest[bucket] as number;
  const to = largestBeside(from);
  return to === 0 ? 0 : Math.round((2 * from * to) / (from + to));
}
