/** What an examination of the way to a server has found: what stands between may spoil event streams. */

/** The checks, in the order in which they are shown. */
export const checks = ['first byte', 'buffering', 'headers', 'resume', 'silence', 'lifetime'] as const;
export type Check = (typeof checks)[number];

/** `note` marks something that works but that an operator should know about. */
export const verdicts = ['ok', 'note', 'bad'] as const;
export type Verdict = (typeof verdicts)[number];

export interface Finding {
  readonly name: Check;
  readonly verdict: Verdict;
  readonly measured: string;
  /** What to change. */
  readonly advice?: string;
}

export interface Examination {
  /** What was examined, without credentials. */
  readonly address: string;
  /** How the address is reached, in a sentence; proxies are named without credentials. */
  readonly route: string;
  /** Why nothing could be measured, as a clause; undefined where it was. */
  readonly problem?: string;
  readonly findings: readonly Finding[];
}

/** How long silence can be tried, in seconds: a stream of probes lasts two minutes at most. */
export const longestSilenceSeconds = 115;
