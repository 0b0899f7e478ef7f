/** Credentials that stand in an address: `https://user:password@host/`. */

/**
 * The value of `Authorization` for them (RFC 7617); undefined where the address has none.
 * @throws URIError where they are no percent-encoded UTF-8
 */
export function basicCredentials({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
