/**
 * SearXNG, a metasearch engine that operators run themselves. Its `settings.yml` must name `json` under
 * `search.formats`, else it answers 403. https://docs.searxng.org/dev/search_api.html
 */

import { basicCredentials } from '../../domain/text/basic-credentials.ts';
import { trimSlashes } from '../../domain/text/trimming.ts';
import type { EngineOptions, SearchEngine, SearchEngineModule } from './engine.ts';
import { callEngine, memberOf, readHits, SearchError } from './engine-request.ts';

export const searxng = {
  name: 'searxng',
  variable: { name: 'SEARXNG_URL', holds: 'address' },
  create: (baseUrl, options) => createSearxng({ ...options, baseUrl }),
} as const satisfies SearchEngineModule;

export function createSearxng(options: EngineOptions & { readonly baseUrl: string }): SearchEngine {
  return {
    name: 'searxng',
    async search(query, { signal, limit }) {
      const url = new URL(`${trimSlashes(options.baseUrl)}/search`);
      const credentials = takeCredentials(url);
      url.search = new URLSearchParams({ q: query, format: 'json', safesearch: '1' }).toString();
      const answer = await callEngine({
        engine: 'SearXNG',
        dispatcher: options.dispatcher,
        url,
        headers: { 'user-agent': options.userAgent, ...credentials },
        signal,
      });
      const results = memberOf(answer, 'results');
      if (!Array.isArray(results)) throw new SearchError('SearXNG answered without results');
      return readHits(results, { title: 'title', url: 'url', snippet: 'content' }, limit);
    },
  };
}

/** Credentials in the configured address (`https://user:password@host`) are sent by HTTP Basic authentication. */
function takeCredentials(url: URL): Readonly<Record<string, string>> {
  const authorization = basicCredentials(url);
  url.username = '';
  url.password = '';
  return authorization === undefined ? {} : { authorization };
}
