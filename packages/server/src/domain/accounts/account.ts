/** Accounts: the people who sign in, for how long they stay signed in, and the links by which they begin. */
import { dayMs } from '../text/time.ts';

/** How a session began. */
export const signInMethods = ['password', 'link', 'oidc', 'passkey'] as const;
export type SignInMethod = (typeof signInMethods)[number];

/**
 * What a link is for: the account of the first operator, a new member of an organization (or, without one, a new operator),
 * or the way back into an account.
 */
export const linkPurposes = ['setup', 'invite', 'reset'] as const;
export type LinkPurpose = (typeof linkPurposes)[number];

const hourMs = 3_600_000;

/** How long a link is good, in milliseconds. Each is good once. */
export const linkLifetimeMs: Readonly<Record<LinkPurpose, number>> = {
  setup: hourMs,
  invite: 7 * dayMs,
  reset: hourMs,
};

/** A session ends when nobody has used it for so long, and in any case so long after it began. */
export const sessionIdleMs = 14 * dayMs;
export const sessionLifetimeMs = 90 * dayMs;
/** A session's last use is stored when it is this much later than the one that is stored. */
export const sessionTouchMs = 60_000;
/** Sessions of one account; a further one ends that which was not used for longest. */
export const maxSessions = 50;

/** Passkeys of one account. */
export const maxPasskeys = 20;
/** How long a browser may take to answer a passkey's challenge, in milliseconds. */
export const challengeLifetimeMs = 5 * 60_000;
/** Whoever signed in so recently adds a passkey without giving the password again, in milliseconds. */
export const recentSignInMs = 10 * 60_000;

/** The length of a new password in characters. */
export const passwordCharacters = { least: 12, most: 128 } as const;

/** When a session ends if nobody uses it any more. Epoch milliseconds. */
export function sessionEnd({
  createdAt,
  lastUsedAt,
}: {
  readonly createdAt: number;
  readonly lastUsedAt: number;
}): number {
  return Math.min(createdAt + sessionLifetimeMs, lastUsedAt + sessionIdleMs);
}

/** An e-mail address as it is stored and compared. */
export function toEmail(given: string): string {
  return given.trim().toLowerCase();
}

/** Whether a person has passkeys where they are, and why not: see `http/sign-in/passkey-place.ts`. */
export const passkeyStates = ['available', 'no_host_name', 'insecure', 'off'] as const;
export type PasskeyState = (typeof passkeyStates)[number];
