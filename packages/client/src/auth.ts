/** The credential of requests: an API key, or a token that is fetched, kept until shortly before its end, and fetched anew. */

/** What one's own back end has got from `tokens.create`. */
export interface Token {
  readonly token: string;
  /** Unix seconds, as the server gives it, or an ISO 8601 text. */
  readonly expires_at?: number | string;
  readonly expiresAt?: number | string;
}
export type TokenSource = string | (() => Token | string | Promise<Token | string>);

/** How long before its end a token is replaced, in milliseconds. */
const earlyMs = 30_000;

export interface Credential {
  /** The headers of a request; a new token is fetched only if `stale` is the one that there is. */
  headers(stale?: string): Promise<Record<string, string>>;
  /** Whether another try may have another credential. */
  readonly renews: boolean;
}

export function keyCredential(apiKey: string): Credential {
  const headers = { 'X-API-Key': apiKey };
  return { headers: async () => headers, renews: false };
}

export const noCredential: Credential = { headers: async () => ({}), renews: false };

export function tokenCredential(source: TokenSource): Credential {
  let token: string | undefined;
  let endsAt = Number.POSITIVE_INFINITY;
  let fetching: Promise<string> | undefined;

  async function fetchToken(): Promise<string> {
    const given = typeof source === 'string' ? source : await source();
    if (typeof given === 'string') {
      token = given;
      endsAt = Number.POSITIVE_INFINITY;
    } else {
      token = given.token;
      const end = given.expires_at ?? given.expiresAt;
      endsAt = typeof end === 'number' ? end * 1000 : end === undefined ? Infinity : Date.parse(end);
    }
    if (typeof token !== 'string' || token === '') throw new TypeError('token() gave no token');
    return token;
  }

  return {
    renews: typeof source === 'function',
    async headers(stale) {
      // All callers wait for one fetch. A token that lives shorter than the margin is used once.
      if (token === undefined || token === stale || Date.now() > endsAt - earlyMs) {
        fetching ??= fetchToken().finally(() => {
          fetching = undefined;
        });
        return { Authorization: `Bearer ${await fetching}` };
      }
      return { Authorization: `Bearer ${token}` };
    },
  };
}
