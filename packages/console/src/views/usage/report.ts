/** The server's report, and what is made of it: ranges, sums, and the series of the plot. */

export interface Figure {
  readonly total: number;
  readonly reported: number;
  readonly estimated: number;
  readonly unknown: number;
}

export interface Percentiles {
  readonly p50: number | null;
  readonly p95: number | null;
}

export interface UsageLine {
  readonly interval_start: string | null;
  readonly groups: readonly {
    readonly by: string;
    readonly id: string | null;
    readonly name: string | null;
  }[];
  readonly requests: Figure;
  readonly errors: number;
  readonly prompt_tokens: Figure;
  readonly completion_tokens: Figure;
  readonly total_tokens: Figure;
  readonly cost: Figure;
  readonly unpriced_calls: number;
  readonly first_token_ms: Percentiles;
  readonly duration_ms: Percentiles;
}

export const ranges = { day: 1, week: 7, month: 30, quarter: 90, year: 365 } as const;
export type RangeName = keyof typeof ranges;
export const intervals = ['hour', 'day', 'month'] as const;
export type Interval = (typeof intervals)[number];
export const groups = ['model', 'persona', 'key', 'user', 'purpose', 'environment'] as const;
export type Group = (typeof groups)[number];
export const measures = ['requests', 'tokens', 'cost', 'errors'] as const;
export type Measure = (typeof measures)[number];

/** More bars than that can't be told apart. */
const mostBars = 800;
const hoursOf: Readonly<Record<Interval, number>> = { hour: 1, day: 24, month: 720 };

/** The intervals that fit a range, the usual one first. */
export function intervalsOf(range: RangeName): readonly Interval[] {
  const usual: Interval = range === 'day' ? 'hour' : range === 'year' ? 'month' : 'day';
  const fits = (interval: Interval) => {
    const bars = (ranges[range] * 24) / hoursOf[interval];
    return bars <= mostBars && bars >= 2;
  };
  return [usual, ...intervals.filter((one) => one !== usual && fits(one))];
}

export interface Period {
  /** ISO 8601. */
  readonly from: string;
  readonly to: string;
}

const hourMs = 3_600_000;

/** Up to the end of this hour, so that the same page asks for the same report. */
export function periodOf(range: RangeName, now: number): Period {
  const to = Math.ceil(now / hourMs) * hourMs;
  return { from: new Date(to - ranges[range] * 24 * hourMs).toISOString(), to: new Date(to).toISOString() };
}

/** One as long, that ends where this one begins. */
export function periodBefore({ from, to }: Period): Period {
  const [start, end] = [Date.parse(from), Date.parse(to)];
  return { from: new Date(start - (end - start)).toISOString(), to: from };
}

export function measured(line: UsageLine, measure: Measure): number {
  if (measure === 'errors') return line.errors;
  return { requests: line.requests, tokens: line.total_tokens, cost: line.cost }[measure].total;
}

export interface Sums {
  readonly requests: number;
  readonly errors: number;
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly cost: number;
  readonly unpricedCalls: number;
  readonly tokens: Figure;
}

export function sumOf(lines: readonly UsageLine[]): Sums {
  const sum = (of: (line: UsageLine) => number) => lines.reduce((all, line) => all + of(line), 0);
  return {
    requests: sum((line) => line.requests.total),
    errors: sum((line) => line.errors),
    tokensIn: sum((line) => line.prompt_tokens.total),
    tokensOut: sum((line) => line.completion_tokens.total),
    cost: sum((line) => line.cost.total),
    unpricedCalls: sum((line) => line.unpriced_calls),
    tokens: {
      total: sum((line) => line.total_tokens.total),
      reported: sum((line) => line.total_tokens.reported),
      estimated: sum((line) => line.total_tokens.estimated),
      unknown: sum((line) => line.total_tokens.unknown),
    },
  };
}

/** The key of a line's group; lines without one have the empty text. */
export function groupKey(line: UsageLine): string {
  return line.groups[0]?.id ?? '';
}

export interface Series {
  /** Of the group; undefined: those that have no series of their own. */
  readonly key: string | undefined;
  readonly name: string | null;
  /** In the order of the intervals. */
  readonly values: readonly number[];
}

export interface Stack {
  /** The beginnings of all intervals of the period, in seconds, also of those without a call. */
  readonly starts: readonly number[];
  /** The largest first. */
  readonly series: readonly Series[];
}

/** Colours that can be told apart. */
export const mostSeries = 7;

/** @param lines those of a report by interval and group */
export function stackOf(
  lines: readonly UsageLine[],
  measure: Measure,
  interval: Interval,
  period: Period,
): Stack {
  const starts = startsOf(interval, period);
  const places = new Map(starts.map((start, index) => [start, index]));
  const all = new Map<string, { name: string | null; values: number[]; sum: number }>();
  for (const line of lines) {
    const place = places.get(Date.parse(line.interval_start ?? '') / 1000);
    if (place === undefined) continue;
    const key = groupKey(line);
    const one = all.get(key) ?? {
      name: line.groups[0]?.name ?? line.groups[0]?.id ?? null,
      values: starts.map(() => 0),
      sum: 0,
    };
    const value = measured(line, measure);
    one.values[place] = (one.values[place] ?? 0) + value;
    one.sum += value;
    all.set(key, one);
  }
  const sorted = [...all].sort(([, a], [, b]) => b.sum - a.sum);
  const shown = sorted.slice(0, mostSeries).map(([key, { name, values }]) => ({ key, name, values }));
  const rest = sorted.slice(mostSeries).map(([, { values }]) => values);
  if (rest.length === 0) return { starts, series: shown };
  const others = starts.map((_, place) => rest.reduce((sum, values) => sum + (values[place] ?? 0), 0));
  return { starts, series: [...shown, { key: undefined, name: null, values: others }] };
}

/** In UTC, as the server tells them apart. */
function startsOf(interval: Interval, { from, to }: Period): readonly number[] {
  const starts: number[] = [];
  const end = Date.parse(to);
  const first = new Date(from);
  if (interval === 'month') first.setUTCDate(1);
  if (interval !== 'hour') first.setUTCHours(0);
  first.setUTCMinutes(0, 0, 0);
  for (const at = first; at.getTime() < end; ) {
    starts.push(at.getTime() / 1000);
    if (interval === 'month') at.setUTCMonth(at.getUTCMonth() + 1);
    else at.setTime(at.getTime() + hoursOf[interval] * hourMs);
  }
  return starts;
}

/** The end of an interval, as a time. */
export function endOf(start: number, interval: Interval): Date {
  const end = new Date(start * 1000);
  if (interval === 'month') end.setUTCMonth(end.getUTCMonth() + 1);
  else end.setTime(end.getTime() + hoursOf[interval] * hourMs);
  return end;
}

/** Each series on top of those behind it in the list, the last at the bottom: what the bars reach up to. */
export function stacked({ starts, series }: Stack): readonly (readonly number[])[] {
  const sums = starts.map(() => 0);
  return series
    .toReversed()
    .map(({ values }) =>
      values.map((value, place) => {
        const sum = (sums[place] ?? 0) + value;
        sums[place] = sum;
        return sum;
      }),
    )
    .toReversed();
}
