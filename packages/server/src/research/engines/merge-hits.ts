/** Sends all queries to one engine and merges their hits into one list. */
import { trimSlashes } from '../../domain/text/trimming.ts';
import type { SearchEngine, SearchHit, SearchOptions } from './engine.ts';

export interface SearchOutcome {
  /** Best first, each page once. */
  readonly hits: readonly SearchHit[];
  /** One for each query that failed. */
  readonly failures: readonly Error[];
}

/** Runs all queries at once. Never throws: an aborted signal makes every query fail, and the caller checks it. */
export async function searchAll(
  engine: SearchEngine,
  queries: readonly string[],
  options: SearchOptions,
): Promise<SearchOutcome> {
  const settled = await Promise.allSettled(queries.map((query) => engine.search(query, options)));
  const failures = settled
    .filter((result) => result.status === 'rejected')
    .map(({ reason }) => (reason instanceof Error ? reason : new Error(String(reason))));
  const lists = settled.map((result) => (result.status === 'fulfilled' ? result.value : []));
  return { hits: mergeHits(lists, options.limit), failures };
}

/**
 * Reciprocal rank fusion (Cormack et al., SIGIR 2009, k = 60): a page that several queries find rises, and among equals
 * that of the earlier query comes first.
 */
export function mergeHits(lists: readonly (readonly SearchHit[])[], limit: number): readonly SearchHit[] {
  const merged = new Map<string, { hit: SearchHit; score: number }>();
  for (const list of lists) {
    const seen = new Set<string>();
    for (const [rank, hit] of list.entries()) {
      const key = pageKey(hit.url);
      if (seen.has(key)) continue;
      seen.add(key);
      const entry = merged.get(key) ?? { hit, score: 0 };
      if (entry.hit.snippet === '') entry.hit = hit;
      entry.score += 1 / (60 + rank);
      merged.set(key, entry);
    }
  }
  return [...merged.values()]
    .sort((one, other) => other.score - one.score)
    .slice(0, limit)
    .map(({ hit }) => hit);
}

/** The same key for addresses of one page: scheme, `www.`, a last slash and campaign tags make no difference. */
function pageKey(address: string): string {
  const url = new URL(address);
  for (const name of [...url.searchParams.keys()]) {
    if (/^(utm_\w+|fbclid|gclid|ref)$/i.test(name)) url.searchParams.delete(name);
  }
  url.searchParams.sort();
  return `${url.host.replace(/^www\./, '')}${trimSlashes(url.pathname)}?${url.searchParams}`;
}
