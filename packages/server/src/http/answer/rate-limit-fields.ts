/**
 * `RateLimit-Policy` and `RateLimit`, as draft-ietf-httpapi-ratelimit-headers-11 has them: lists of strings (RFC 9651),
 * each the name of a policy with its parameters. A policy is a limit of one subject: `"key.requests_per_minute"`.
 */
import type { Principal } from '../../auth/principal.ts';
import {
  clientPrefix,
  type LimitName,
  type LimitReference,
  maxQueuedTurnsOfSession,
  type SubjectLimits,
} from '../../domain/limits/limits.ts';
import type { LimitState } from '../../limits/limiter.ts';

/** The limits that a caller is told of. End users see their own: what others have left is none of their business. */
export function shownLimits(caller: Principal | undefined): readonly SubjectLimits[] {
  if (caller === undefined || caller.kind !== 'end-user') return caller?.limits ?? [];
  return caller.limits.filter(({ subject, id }) => subject === 'end_user' && !id.startsWith(clientPrefix));
}

interface Measure {
  /** The unit of a quota; `requests` is the default of the field and is left out. */
  readonly unit?: string;
  /** Length of the window in seconds; absent where there is none, and for months, which differ. */
  readonly window?: number;
  /** How many whole units of the fields one of the limit is. */
  readonly scale?: number;
}

const measures: { readonly [Name in LimitName]: Measure } = {
  requests_per_minute: { window: 60 },
  writes_per_minute: { window: 60 },
  tokens_per_minute: { unit: 'tokens', window: 60 },
  concurrent_streams: { unit: 'concurrent-requests' },
  viewers: { unit: 'concurrent-requests' },
  queued_turns: { unit: 'concurrent-requests' },
  tokens_per_day: { unit: 'tokens', window: 86_400 },
  storage_bytes: { unit: 'content-bytes' },
  // The fields have integers only.
  budget_per_month: { unit: 'micros', scale: 1e6 },
};

/** A limit that refused, and after how many seconds `Retry-After` says to come again. */
export interface Refusal {
  readonly limit: LimitReference;
  readonly retryAfterSeconds: number;
}

/**
 * The two fields. One that would be empty is left out.
 * @param shown the limits that the caller may know of; the one that refused is shown too
 * @param held all limits of the caller
 */
export function rateLimitFields(
  shown: readonly SubjectLimits[],
  states: readonly LimitState[],
  refusal?: Refusal,
  held: readonly SubjectLimits[] = shown,
): Readonly<Record<string, string>> {
  const policies = shown.flatMap(({ subject, limits }) =>
    (Object.keys(measures) as LimitName[]).flatMap((name) => policy(subject, name, limits[name])),
  );
  const items = new Map(states.map((state) => [policyName(state.subject, state.name), toItem(state)]));
  if (refusal !== undefined) {
    const { subject, name } = refusal.limit;
    const known = policies.some((one) => one.startsWith(policyName(subject, name)));
    if (!known) policies.push(...policy(subject, name, quotaOf(refusal.limit, held)));
    items.set(policyName(subject, name), `${policyName(subject, name)};r=0;t=${refusal.retryAfterSeconds}`);
  }
  return {
    ...(policies.length > 0 && { 'RateLimit-Policy': policies.join(', ') }),
    ...(items.size > 0 && { RateLimit: [...items.values()].join(', ') }),
  };
}

function policyName(subject: LimitReference['subject'], name: LimitName): string {
  return `"${subject}.${name}"`;
}

function policy(subject: LimitReference['subject'], name: LimitName, quota: number | undefined): string[] {
  if (quota === undefined) return [];
  const { unit, window, scale = 1 } = measures[name];
  const parameters = [
    `q=${Math.round(quota * scale)}`,
    ...(unit === undefined ? [] : [`qu="${unit}"`]),
    ...(window === undefined ? [] : [`w=${window}`]),
  ];
  return [[policyName(subject, name), ...parameters].join(';')];
}

function toItem({ subject, name, limit, used, moreInSeconds }: LimitState): string {
  const { scale = 1 } = measures[name];
  const remaining = Math.max(0, limit - used);
  const left = `${policyName(subject, name)};r=${Math.floor(remaining * scale)}`;
  return moreInSeconds === undefined ? left : `${left};t=${moreInSeconds}`;
}

function quotaOf({ subject, name }: LimitReference, held: readonly SubjectLimits[]): number | undefined {
  if (subject === 'session') return maxQueuedTurnsOfSession;
  return held.find((one) => one.subject === subject)?.limits[name];
}
