/** Whether passkeys work where this page is, and what went wrong when one was asked for. */

/** What the server says. */
export interface PasskeyOptions {
  readonly state: 'available' | 'no_host_name' | 'insecure' | 'off';
  /** Where they work; null: nowhere. */
  readonly origin: string | null;
}

/** Why they do not work: as the server says, at another address, or not in this browser. */
export type PasskeyObstacle = 'no_host_name' | 'insecure' | 'off' | 'elsewhere' | 'no_browser';

export function passkeyObstacle({ state, origin }: PasskeyOptions): PasskeyObstacle | undefined {
  if (state !== 'available') return state;
  if (origin !== location.origin) return 'elsewhere';
  return 'PublicKeyCredential' in globalThis ? undefined : 'no_browser';
}

/** `cancelled`: by the person, or there was none; `known`: the account has one of this authenticator already. */
export type PasskeyProblem = 'cancelled' | 'known' | 'failed';

export class PasskeyError extends Error {
  readonly problem: PasskeyProblem;

  constructor(problem: PasskeyProblem, cause: unknown) {
    super(`passkey: ${problem}`, { cause });
    this.name = 'PasskeyError';
    this.problem = problem;
  }
}
