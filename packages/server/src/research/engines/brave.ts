/** Brave Search. https://api-dashboard.search.brave.com/app/documentation/web-search/get-started */
import { callEngine, memberOf, readHits } from './engine-request.ts';
import type { EngineOptions, SearchEngine } from './web-search.ts';

/** `baseUrl` is another than Brave's own for a proxy, or a test. */
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
