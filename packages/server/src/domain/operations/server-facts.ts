/** What was decided for the whole server when it was started, as those who administer it may see it. */
import type { PasskeyState } from '../accounts/account.ts';

/** An environment variable without what may be secret in it. */
export interface ShownVariable {
  readonly name: string;
  /** What holds: the variable's value, else the default; null where there is neither, or where it is a secret. */
  readonly value: string | null;
  /** Whether the environment sets it. */
  readonly isSet: boolean;
  readonly isSecret: boolean;
}

export interface ServerFacts {
  /** In the order of `.env.example`. */
  readonly variables: readonly ShownVariable[];
  /** Whether models name conversations, where an organization sets nothing. */
  readonly titles: boolean;
  /** Whether models summarise what no longer fits, where an organization sets nothing. */
  readonly summaries: boolean;
  readonly search: SearchChoice;
}

/** Of a server whose environment sets nothing. */
export const nothingSet: ServerFacts = {
  variables: [],
  titles: true,
  summaries: true,
  search: { engine: 'wikipedia', variable: null },
};

/** Which engine searches the web, and the variable by which it was chosen; null: none is set. */
export interface SearchChoice {
  readonly engine: string;
  readonly variable: string | null;
}

/** How people sign in to the console, and what has to be known of it elsewhere. */
export interface SignInFacts {
  readonly takesPasswords: boolean;
  /** The OpenID provider. */
  readonly openId: { readonly issuer: string; readonly label: string } | undefined;
  /** The address that the provider sends people back to. */
  readonly callback: string;
  /** Where the caller is now; the host name that passkeys are made for. */
  readonly passkeys: { readonly state: PasskeyState; readonly host: string | undefined };
}

/** A search that was tried. */
export interface SearchTrial {
  readonly engine: string;
  readonly latencyMs: number;
  /** Best first; of a search that failed there are none. */
  readonly hits: readonly { readonly title: string; readonly url: string }[];
  /** Why it failed, without a secret. */
  readonly error: string | undefined;
}
