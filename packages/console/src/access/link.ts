/**
 * What the page was opened with: the link `#setup=<token>` or `#link=<token>`, or, on the way back from an OpenID provider,
 * `#sign-in-error=<reason>`. A fragment is in no log and no referrer.
 */
import { createStore, type ReadableStore } from '../state/store.ts';

export interface Link {
  readonly purpose: 'setup' | 'link';
  readonly token: string;
}

const current = createStore<Link | undefined>(undefined);
export const openedLink: ReadableStore<Link | undefined> = current;

export function parseLink(fragment: string): Link | undefined {
  const [, purpose, token = ''] = /^#(setup|link)=([\w-]+)$/.exec(fragment) ?? [];
  return purpose === undefined ? undefined : { purpose: purpose as Link['purpose'], token };
}

/** Why an OpenID provider led back without anybody signed in. */
export const signInErrors = ['denied', 'expired', 'no_account', 'limited', 'failed'] as const;
export type SignInError = (typeof signInErrors)[number];

const error = createStore<SignInError | undefined>(undefined);
export const signInError: ReadableStore<SignInError | undefined> = error;

/** A reason that is not known here counts as `failed`. */
export function parseSignInError(fragment: string): SignInError | undefined {
  const [, reason] = /^#sign-in-error=(\w+)$/.exec(fragment) ?? [];
  return reason === undefined ? undefined : (signInErrors.find((known) => known === reason) ?? 'failed');
}

/** Takes it out of the address, so that it stays neither in the history nor on a shared screen. */
export function takeLink(): void {
  const link = parseLink(location.hash);
  const reason = parseSignInError(location.hash);
  if (link === undefined && reason === undefined) return;
  current.set(link);
  error.set(reason);
  history.replaceState(history.state, '', location.pathname + location.search);
}

export function clearLink(): void {
  current.set(undefined);
}
