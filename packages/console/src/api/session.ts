/**
 * Who is signed in. The cookie is for `/api/console` alone: every other call bears a token of five minutes that is held
 * in memory, one for each organization and one for the operator, fetched again shortly before its end.
 */
import { createStore, type ReadableStore } from '../state/store.ts';
import { ApiError, call, type RequestOptions, send } from './request.ts';

export type Role = 'owner' | 'admin' | 'member' | 'guest';

export interface Membership {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
}

export interface Session {
  readonly account: { readonly id: string; readonly name: string; readonly email: string };
  readonly organizations: readonly Membership[];
  readonly operator: boolean;
}

export type SessionState =
  | { readonly state: 'asking' }
  | { readonly state: 'signed-in'; readonly session: Session }
  | { readonly state: 'signed-out' }
  | { readonly state: 'failed'; readonly error: ApiError };

/** Whose token: a member's of that organization, or the operator's. */
export type TokenTarget = { readonly org_id: string } | { readonly operator: true };

const current = createStore<SessionState>({ state: 'asking' });
export const sessionState: ReadableStore<SessionState> = current;

/** What a token is renewed ahead of its end, in milliseconds. */
const aheadMs = 30_000;

interface Token {
  readonly token: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

const tokens = new Map<string, Promise<Token>>();

/** Asks the server whether somebody is signed in. */
export async function readSession(): Promise<void> {
  try {
    signedIn(await call<Session>('GET', '/api/console/me'));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    current.set(error.status === 401 ? { state: 'signed-out' } : { state: 'failed', error });
  }
}

/** Takes the answer of sign-in, setup or a link. */
export function signedIn(session: Session): void {
  tokens.clear();
  current.set({ state: 'signed-in', session });
}

export async function signOut(): Promise<void> {
  try {
    await call('POST', '/api/console/sign-out', { body: {} });
  } catch (error) {
    // Whoever has no session any more is signed out already.
    if (!(error instanceof ApiError && error.status === 401)) throw error;
  }
  tokens.clear();
  current.set({ state: 'signed-out' });
}

/** @throws ApiError; where the session is over, the page goes to sign-in */
export async function tokenFor(target: TokenTarget): Promise<string> {
  const key = 'operator' in target ? 'operator' : target.org_id;
  const known = tokens.get(key);
  if (known !== undefined) {
    const { token, expiresAt } = await known;
    if (expiresAt - Date.now() > aheadMs) return token;
    if (tokens.get(key) === known) tokens.delete(key);
  }
  let asked = tokens.get(key);
  if (asked === undefined) {
    asked = fetchToken(target);
    tokens.set(key, asked);
    asked.catch(() => tokens.delete(key));
  }
  return (await asked).token;
}

/** The next call asks for another one. */
export function forgetToken(target: TokenTarget): void {
  tokens.delete('operator' in target ? 'operator' : target.org_id);
}

async function fetchToken(target: TokenTarget): Promise<Token> {
  try {
    const { token, expires_at: end } = await call<{ token: string; expires_at: string | number }>(
      'POST',
      '/api/console/token',
      { body: target },
    );
    return { token, expiresAt: typeof end === 'number' ? end * 1000 : Date.parse(end) };
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) current.set({ state: 'signed-out' });
    throw error;
  }
}

/** A call with a token; one that was revoked or has expired meanwhile is fetched again, once. @throws ApiError */
export async function sendAs(
  target: TokenTarget,
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<Response> {
  const attempt = async () => {
    const Authorization = `Bearer ${await tokenFor(target)}`;
    return send(method, path, { ...options, headers: { ...options.headers, Authorization } });
  };
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    forgetToken(target);
    return attempt();
  }
}
