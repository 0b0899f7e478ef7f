/** Understands addresses that are not quite those of an API: of one of its endpoints, or of the server alone. */
import { trimSlashes } from '../../domain/text/trimming.ts';

/** Endpoints that people copy with the address. */
const endpoints = /\/(?:chat\/completions|completions|responses|embeddings|messages(?:\/count_tokens)?)$/;
const version = /\/v\d[a-z0-9]*$/i;

/** The address without slashes and without an endpoint at its end. `/models` counts as one only behind a version. */
export function withoutEndpoint(baseUrl: string): string {
  const trimmed = trimSlashes(baseUrl);
  const bare = trimSlashes(trimmed.replace(endpoints, ''));
  if (!bare.endsWith('/models')) return bare;
  const before = bare.slice(0, -'/models'.length);
  return version.test(before) ? before : bare;
}

/**
 * The addresses at which an API of OpenAI's format may be where `baseUrl` was given, that one first. One that ends in a
 * version is taken at its word.
 */
export function candidatesOf(baseUrl: string): readonly string[] {
  if (version.test(baseUrl)) return [baseUrl];
  const { pathname } = new URL(baseUrl);
  const candidates = [baseUrl, `${baseUrl}/v1`];
  if (pathname === '/') candidates.push(`${baseUrl}/api/v1`, `${baseUrl}/openai/v1`);
  const parent = trimSlashes(baseUrl.slice(0, baseUrl.lastIndexOf('/')));
  if (/\/(?:models|api)$/.test(pathname)) candidates.push(parent, `${parent}/v1`);
  return [...new Set(candidates)];
}
