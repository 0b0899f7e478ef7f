/** The limits by the minute in the headers that OpenAI's clients read: `X-RateLimit-{Limit,Remaining,Reset}-…`. */
import type { ProcessLimitName } from '../../domain/limits/limits.ts';
import type { LimitState } from '../../limits/limiter.ts';

const units = { Requests: 'requests_per_minute', Tokens: 'tokens_per_minute' } as const satisfies Readonly<
  Record<string, ProcessLimitName>
>;

/** Of several subjects' limits the one that leaves the least. */
export function openAiRateLimitFields(states: readonly LimitState[]): Readonly<Record<string, string>> {
  const fields = Object.entries(units).flatMap(([unit, name]) => {
    const [tightest] = states.filter((state) => state.name === name).sort((a, b) => left(a) - left(b));
    if (tightest === undefined) return [];
    return [
      [`X-RateLimit-Limit-${unit}`, String(tightest.limit)],
      [`X-RateLimit-Remaining-${unit}`, String(Math.floor(left(tightest)))],
      [`X-RateLimit-Reset-${unit}`, duration(tightest.moreInSeconds ?? 0)],
    ];
  });
  return Object.fromEntries(fields);
}

function left({ limit, used }: LimitState): number {
  return Math.max(0, limit - used);
}

/** `1s`, `6m0s`. */
function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole}s` : `${Math.floor(whole / 60)}m${whole % 60}s`;
}
