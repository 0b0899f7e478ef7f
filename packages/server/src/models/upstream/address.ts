/** From a configured base URL to what undici is asked for. */

/**
 * `path` is appended to the base's; a query of the base (Azure's `api-version`) stays.
 * @throws TypeError where `baseUrl` is no http(s) address
 */
export function upstreamAddress(baseUrl: string, path: string): { origin: string; path: string } {
  const url = new URL(baseUrl);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new TypeError(`Not an http address: ${baseUrl}`);
  return { origin: url.origin, path: `${url.pathname.replace(/\/+$/, '')}${path}${url.search}` };
}

/**
 * A base URL with exactly one `/v1`, whether or not it was configured with it: for Ollama's bare host
 * (`OLLAMA_BASE_URL`) and for Anthropic's.
 */
export function withVersion1(baseUrl: string): string {
  const trimmed = baseUrl.replace(/\/+$/, '');
  return trimmed.endsWith('/v1') ? trimmed : `${trimmed}/v1`;
}
