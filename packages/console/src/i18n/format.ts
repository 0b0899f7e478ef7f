/** Numbers, times and sizes as the viewer's language and zone write them. */
import { type Forms, plural as pluralOf } from '@colloquy/ui/plural';
import { currentLanguage } from './catalogue.ts';

/** Figures follow the region of the browser (`en-GB`) where one of its languages is the one that is shown. */
function locale(): string {
  const language = currentLanguage();
  const own = globalThis.navigator?.languages?.find((tag) => tag.toLowerCase().split('-', 1)[0] === language);
  try {
    return withUsualDigits(own ?? language);
  } catch {
    // Some systems make browsers say what is no language, such as `en-US@posix`.
    return withUsualDigits(language);
  }
}

/** Ids, versions and code have these digits and years in every language: one page never shows two kinds. */
function withUsualDigits(tag: string): string {
  return new Intl.Locale(tag, { numberingSystem: 'latn', calendar: 'gregory' }).toString();
}

export function formatNumber(value: number, digits = 0): string {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);
}

/** `12.3k`. */
export function formatCompact(value: number): string {
  return new Intl.NumberFormat(locale(), { notation: 'compact', maximumFractionDigits: 1 }).format(value);
}

export function formatPercent(share: number): string {
  return new Intl.NumberFormat(locale(), { style: 'percent', maximumFractionDigits: 1 }).format(share);
}

/** Costs have the currency of whoever set the prices: none is written. Small ones keep two figures that count. */
export function formatCost(cost: number): string {
  const digits =
    cost === 0 || Math.abs(cost) >= 1 ? { maximumFractionDigits: 2 } : { maximumSignificantDigits: 2 };
  return new Intl.NumberFormat(locale(), digits).format(cost);
}

/** `640 ms`, `4.2 s`, `3 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return unit(Math.round(ms), 'millisecond', 0);
  if (ms < 100_000) return unit(ms / 1000, 'second', 1);
  if (ms < 5_400_000) return unit(ms / 60_000, 'minute', 0);
  if (ms < 172_800_000) return unit(ms / 3_600_000, 'hour', 1);
  return unit(ms / 86_400_000, 'day', 0);
}

function unit(value: number, name: string, digits: number): string {
  const options = { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(locale(), options).format(value);
}

const sizes = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

export function formatBytes(bytes: number): string {
  const power = Math.min(sizes.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return unit(bytes / 1000 ** power, sizes[power] ?? 'byte', power === 0 ? 0 : 1);
}

export function formatTime(time: string | number | Date): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short' }).format(
    new Date(time),
  );
}

export function formatDay(time: string | number | Date): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium' }).format(new Date(time));
}

/** A part of a time, where there is little room. */
export function formatShort(time: Date, parts: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale(), parts).format(time);
}

const steps: readonly (readonly [seconds: number, unit: Intl.RelativeTimeFormatUnit])[] = [
  [60, 'second'],
  [3600, 'minute'],
  [86_400, 'hour'],
  [604_800, 'day'],
  [2_629_800, 'week'],
  [31_557_600, 'month'],
  [Number.POSITIVE_INFINITY, 'year'],
];

/** `3 hours ago`. */
export function formatAgo(time: string | number | Date, now = Date.now()): string {
  const seconds = (new Date(time).getTime() - now) / 1000;
  let size = 1;
  for (const [bound, name] of steps) {
    if (Math.abs(seconds) < bound) {
      const formatter = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' });
      return formatter.format(
        name === 'second' ? 0 : Math.round(seconds / size),
        name === 'second' ? 'minute' : name,
      );
    }
    size = bound;
  }
  return formatTime(time);
}

/** Whole days between two moments in the viewer's zone, for groups such as "Yesterday". */
export function daysBefore(time: string | Date, now = new Date()): number {
  const start = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  return Math.round((start(now) - start(new Date(time))) / 86_400_000);
}

/** Where time stamps are shown, for people: `Europe/Lisbon`. */
export function timeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** The form for a count in the language that is shown, with `#` as the number: `{ one: '# Modell', other: '# Modelle' }`. */
export function counted(count: number, forms: Forms): string {
  return pluralOf(locale(), count, forms);
}

/** The right form for a count in English: `plural(n, 'model', 'models')`. */
export function plural(count: number, one: string, other: string): string {
  return `${formatNumber(count)} ${new Intl.PluralRules('en').select(count) === 'one' ? one : other}`;
}
