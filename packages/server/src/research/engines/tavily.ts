/** Tavily. https://docs.tavily.com/documentation/api-reference/endpoint/search */

import type { EngineOptions, SearchEngine, SearchEngineModule } from './engine.ts';
import { callEngine, memberOf, readHits, SearchError } from './engine-request.ts';

export const tavily = {
  name: 'tavily',
  variable: { name: 'TAVILY_API_KEY', holds: 'api-key' },
  create: (apiKey, options) => createTavily({ ...options, apiKey }),
} as const satisfies SearchEngineModule;

/** A `baseUrl` other than Tavily's own is for tests. */
export function createTavily(
  options: EngineOptions & { readonly apiKey: string; readonly baseUrl?: string },
): SearchEngine {
  return {
    name: 'tavily',
    async search(query, { signal, limit }) {
      const answer = await callEngine({
        engine: 'Tavily',
        dispatcher: options.dispatcher,
        url: new URL(`${options.baseUrl ?? 'https://api.tavily.com'}/search`),
        headers: { 'user-agent': options.userAgent, authorization: `Bearer ${options.apiKey}` },
        body: {
          query: query.slice(0, 400).toWellFormed(),
          max_results: Math.min(limit, 20),
          search_depth: 'basic',
        },
        signal,
      });
      const results = memberOf(answer, 'results');
      if (!Array.isArray(results)) throw new SearchError('Tavily answered without results');
      return readHits(results, { title: 'title', url: 'url', snippet: 'content' }, limit);
    },
  };
}
