/**
 * Wikipedia's public search. It needs no key, so it is used where no engine is configured.
 * https://www.mediawiki.org/wiki/API:Search
 */

import type { EngineOptions, SearchEngine, SearchHit, SearchOptions } from './engine.ts';
import { callEngine, firstHits, memberOf, SearchError, toHit } from './engine-request.ts';
import { languageOf } from './query-language.ts';

export interface WikipediaOptions extends EngineOptions {
  /** Used where the query does not show its language. Default `en`. */
  readonly language?: string;
  /** Returns the address of a language's Wikipedia, without a slash at the end. */
  readonly baseUrl?: (language: string) => string;
}

export function createWikipedia(options: WikipediaOptions): SearchEngine {
  const baseUrlOf = options.baseUrl ?? ((language) => `https://${language}.wikipedia.org`);
  return {
    name: 'wikipedia',
    async search(query, searchOptions) {
      const baseUrl = baseUrlOf(languageOf(query, options.language ?? 'en'));
      const hits = await searchOnce(baseUrl, query, searchOptions);
      const loose = anyWordOf(query);
      // A page must hold every word, and hardly any page holds all words of a whole question.
      return hits.length > 0 || loose === undefined ? hits : searchOnce(baseUrl, loose, searchOptions);
    },
  };

  async function searchOnce(
    baseUrl: string,
    query: string,
    { signal, limit }: SearchOptions,
  ): Promise<readonly SearchHit[]> {
    const url = new URL(`${baseUrl}/w/api.php`);
    url.search = new URLSearchParams({
      action: 'query',
      list: 'search',
      srsearch: query.slice(0, 300).toWellFormed(),
      srlimit: String(Math.min(limit, 20)),
      srprop: 'snippet',
      format: 'json',
      formatversion: '2',
    }).toString();
    const answer = await callEngine({
      engine: 'Wikipedia',
      dispatcher: options.dispatcher,
      url,
      headers: { 'user-agent': options.userAgent },
      signal,
    });
    const results = memberOf(memberOf(answer, 'query'), 'search');
    if (!Array.isArray(results)) throw new SearchError('Wikipedia answered without results');
    return firstHits(results, limit, (result) => hitOf(baseUrl, result));
  }
}

function hitOf(baseUrl: string, result: unknown): SearchHit | undefined {
  const [title, snippet] = [memberOf(result, 'title'), memberOf(result, 'snippet')];
  // MediaWiki's titles have at most 255 bytes.
  if (typeof title !== 'string' || title === '' || title.length > 255) return undefined;
  const address = `${baseUrl}/wiki/${encodeURIComponent(title.replaceAll(' ', '_').toWellFormed())}`;
  return toHit(title, address, typeof snippet === 'string' ? snippet : '');
}

/** The longer words of a query joined by OR; undefined where that would be the query itself. */
function anyWordOf(query: string): string | undefined {
  const words = [...new Set(query.match(/[\p{L}\p{N}]{4,}/gu))].slice(0, 10);
  return words.length > 1 ? words.join(' OR ') : undefined;
}
