/** Brave Search. https://api-dashboard.search.brave.com/app/documentation/web-search/get-started */

import type { EngineOptions, SearchEngine, SearchEngineModule } from './engine.ts';
import { callEngine, memberOf, readHits } from './engine-request.ts';

export const brave = {
  name: 'brave',
  variable: { name: 'BRAVE_API_KEY', holds: 'api-key' },
  create: (apiKey, options) => createBrave({ ...options, apiKey }),
} as const satisfies SearchEngineModule;

/** A `baseUrl` other than Brave's own is for tests. */
export function createBrave(
  options: EngineOptions & { readonly apiKey: string; readonly baseUrl?: string },
): SearchEngine {
  return {
    name: 'brave',
    async search(query, { signal, limit }) {
      const url = new URL(`${options.baseUrl ?? 'https://api.search.brave.com'}/res/v1/web/search`);
      // Brave takes at most 400 characters and 50 words.
      const words = query.split(/\s+/).slice(0, 50).join(' ').slice(0, 400).toWellFormed();
      url.search = new URLSearchParams({
        q: words,
        count: String(Math.min(limit, 20)),
        text_decorations: 'false',
      }).toString();
      const answer = await callEngine({
        engine: 'Brave',
        dispatcher: options.dispatcher,
        url,
        headers: { 'user-agent': options.userAgent, 'x-subscription-token': options.apiKey },
        signal,
      });
      // Without a hit there is no `web` at all.
      const results = memberOf(memberOf(answer, 'web'), 'results');
      return readHits(results, { title: 'title', url: 'url', snippet: 'description' }, limit);
    },
  };
}
