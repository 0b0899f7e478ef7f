/** Turns a configured base URL into the origin and path that undici takes. */
import { trimSlashes } from '../../domain/text/trimming.ts';

/**
 * Appends `path` to the path of the base URL, whose query (Azure's `api-version`) stays.
 * @throws TypeError where `baseUrl` is no http(s) address
 */
export function upstreamAddress(baseUrl: string, path: string): { origin: string; path: string } {
  const url = new URL(baseUrl);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new TypeError(`base_url must be an http or https address, not ${baseUrl}`);
  return { origin: url.origin, path: `${trimSlashes(url.pathname)}${path}${url.search}` };
}

/** The address with further parameters in its query; one that it has already is replaced. */
export function withQuery<Address extends { readonly path: string }>(
  address: Address,
  query: Readonly<Record<string, string>> = {},
): Address {
  const entries = Object.entries(query);
  if (entries.length === 0) return address;
  const [path = '', search = ''] = address.path.split('?', 2);
  const parameters = new URLSearchParams(search);
  for (const [name, value] of entries) parameters.set(name, value);
  return { ...address, path: `${path}?${parameters.toString()}` };
}

/** A base URL with exactly one `/v1` at its end, whether or not it was configured with it. */
export function withVersion1(baseUrl: string): string {
  const trimmed = trimSlashes(baseUrl);
  return trimmed.endsWith('/v1') ? trimmed : `${trimmed}/v1`;
}
