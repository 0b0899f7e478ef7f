/** What keys, organizations and end users may use up: the names of limits, their values, and what is measured by them. */
import { dayMs } from '../text/time.ts';

/** Whose use is measured. An end user is measured as a whole, whichever key the requests came with. */
export const limitSubjects = ['key', 'organization', 'end_user'] as const;
export type LimitSubject = (typeof limitSubjects)[number];

/** Begins the id of a subject `end_user` that is a user's device or page, beside the user. */
export const clientPrefix = 'client:';

/** Limits that are counted in the store, in the command that accepts what they bound. */
export const storedLimitNames = [
  'tokens_per_day',
  'budget_per_month',
  'queued_turns',
  'storage_bytes',
] as const;
export type StoredLimitName = (typeof storedLimitNames)[number];

/** Limits that are counted in memory. */
export const processLimitNames = [
  'requests_per_minute',
  'writes_per_minute',
  'tokens_per_minute',
  'concurrent_streams',
  'viewers',
] as const;
export type ProcessLimitName = (typeof processLimitNames)[number];

export const limitNames = [...processLimitNames, ...storedLimitNames] as const;
export type LimitName = (typeof limitNames)[number];

/** What is absent is not limited. All are integers but `budget_per_month`, which is in the currency of the prices. */
export type Limits = { readonly [Name in LimitName]?: number };

/** The limits of one subject. */
export interface SubjectLimits {
  readonly subject: LimitSubject;
  readonly id: string;
  readonly limits: Limits;
}

/** Names a limit that refused something, as clients are told it. */
export interface LimitReference {
  readonly name: LimitName;
  /** `session`: what one session may have waiting, whoever asks. */
  readonly subject: LimitSubject | 'session';
}

/** What each end user may do, where nothing else is set. */
export const defaultEndUserLimits: Limits = { writes_per_minute: 120, viewers: 20 };
/** Turns that may wait in one session. */
export const maxQueuedTurnsOfSession = 20;

/** A key with `requests_per_minute` r has max(20, 10 r) writes a minute, unless it says otherwise. */
export function withWriteLimit(limits: Limits): Limits {
  const { requests_per_minute: requests, writes_per_minute: writes } = limits;
  if (requests === undefined || writes !== undefined) return limits;
  return { ...limits, writes_per_minute: Math.max(20, 10 * requests) };
}

/** Of each limit the smaller one. */
export function tightest(...all: readonly Limits[]): Limits {
  const found: { -readonly [Name in LimitName]?: number } = {};
  for (const limits of all) {
    for (const name of limitNames) {
      const value = limits[name];
      if (value !== undefined) found[name] = Math.min(value, found[name] ?? value);
    }
  }
  return found;
}

/** Reads limits as they are stored. */
export function parseLimits(json: string | null | undefined): Limits {
  return json == null || json === '{}' ? noLimits : (JSON.parse(json) as Limits);
}

export const noLimits: Limits = {};

export function isUnlimited(limits: Limits): boolean {
  return limitNames.every((name) => limits[name] === undefined);
}

/** How a subject is named where it is counted. */
export function subjectName({ subject, id }: Pick<SubjectLimits, 'subject' | 'id'>): string {
  return `${subject}:${id}`;
}

/** The day (UTC) of a time in epoch milliseconds, counted from 1970. */
export function utcDay(ms: number): number {
  return Math.floor(ms / dayMs);
}

/** The month (UTC) of a time in epoch milliseconds, as a number like 202611. */
export function utcMonth(ms: number): number {
  const date = new Date(ms);
  return date.getUTCFullYear() * 100 + date.getUTCMonth() + 1;
}

/** The first moment (UTC) of the month of a time, or of the month so many later, in epoch milliseconds. */
export function utcMonthStart(ms: number, later = 0): number {
  const date = new Date(ms);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later, 1);
}

/** Seconds until the count of a limit begins anew; undefined where it does not begin anew by the calendar. */
export function secondsUntilReset(name: LimitName, nowMs: number): number | undefined {
  if (name === 'tokens_per_day') return Math.ceil(((utcDay(nowMs) + 1) * dayMs - nowMs) / 1000);
  if (name !== 'budget_per_month') return undefined;
  return Math.ceil((utcMonthStart(nowMs, 1) - nowMs) / 1000);
}
