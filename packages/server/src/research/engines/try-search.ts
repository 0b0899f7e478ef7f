/** Runs one search, to see whether the engine answers. */
import { abortable } from '../../concurrency/abortable.ts';
import type { SearchTrial } from '../../domain/operations/server-facts.ts';
import type { SearchEngine } from './engine.ts';
import { SearchError } from './engine-request.ts';

const mostHits = 8;

/** What the engine fails with is in the result. @param timeoutMs the longest time that the engine has */
export async function trySearch(
  engine: SearchEngine,
  query: string,
  timeoutMs = 10_000,
): Promise<SearchTrial> {
  const began = performance.now();
  const ended = (hits: SearchTrial['hits'], error?: string): SearchTrial => ({
    engine: engine.name,
    latencyMs: Math.round(performance.now() - began),
    hits: hits.map(({ title, url }) => ({ title, url })),
    error,
  });
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return ended(await abortable(engine.search(query, { signal, limit: mostHits }), signal));
  } catch (error) {
    if (signal.aborted) return ended([], `${engine.name} did not answer within ${timeoutMs / 1000} s`);
    if (error instanceof SearchError) return ended([], error.message);
    throw error;
  }
}
