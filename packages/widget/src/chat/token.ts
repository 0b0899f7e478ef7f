/** Tokens from the site's own back end. */
import { ColloquyError, type Token } from '@colloquy/client';

/** What a page's `getToken` may give: the answer of `get_token`, its ConverZen form, or the token alone. */
export type GetToken = () => Promise<Token | string> | Token | string;

/** @throws ColloquyError `unauthenticated` where the site wants the visitor to sign in, `rate_limited` where it wants time */
export async function fetchToken(endpoint: string): Promise<Token> {
  const response = await fetch(endpoint, {
    method: 'POST',
    credentials: 'include',
    headers: { Accept: 'application/json' },
  });
  const { status } = response;
  if (status === 401 || status === 403)
    throw new ColloquyError('unauthenticated', `${endpoint} answered ${status}`, { status: 401 });
  if (status === 429) {
    const seconds = Number(response.headers.get('retry-after') ?? 5);
    const retryAfterMs = (Number.isFinite(seconds) ? seconds : 5) * 1000;
    throw new ColloquyError('rate_limited', `${endpoint} answered 429`, { status, retryAfterMs });
  }
  // Another try may help: as if no server had answered.
  if (status >= 500) throw new Error(`${endpoint} answered ${status}`);
  const told = `the token endpoint ${endpoint} must answer the JSON of get_token: {"token", "expires_at"}`;
  if (!response.ok) throw new ColloquyError('forbidden', `${told}; it answered ${status}`, { status: 403 });
  return asToken(await response.json().catch(() => undefined), told);
}

/** @throws ColloquyError with `told` where there is no token in it */
export function asToken(given: unknown, told: string): Token {
  if (typeof given === 'string' && given !== '') return { token: given };
  const { token, expires_at: wireEnd, expiresAt } = (given ?? {}) as Partial<Record<string, unknown>>;
  if (typeof token !== 'string' || token === '') throw new ColloquyError('forbidden', told, { status: 403 });
  const end = wireEnd ?? expiresAt;
  return typeof end === 'number' || typeof end === 'string'
    ? { token, expires_at: inSeconds(end) }
    : { token };
}

/** An end in seconds. One in milliseconds is told by its size: as seconds it would lie after the year 5000. */
function inSeconds(end: number | string): number | string {
  return typeof end === 'number' && end > 1e11 ? end / 1000 : end;
}
