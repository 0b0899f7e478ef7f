/** The interface behind which every search engine stands, and which one the configuration means. */
import type { Dispatcher } from 'undici';
import { createBrave } from './brave.ts';
import { createSearxng } from './searxng.ts';
import { createTavily } from './tavily.ts';
import { createWikipedia } from './wikipedia.ts';

export interface SearchHit {
  readonly title: string;
  /** An http(s) address without credentials and fragment. */
  readonly url: string;
  /** The engine's excerpt, as plain text; may be empty. */
  readonly snippet: string;
}

export interface SearchOptions {
  readonly signal: AbortSignal;
  /** Most hits that are wanted, 1 to 20. */
  readonly limit: number;
}

export interface SearchEngine {
  readonly name: string;
  /**
   * Best first; an empty list where nothing was found.
   * @throws SearchError where the engine fails; the signal's reason where it is aborted
   */
  search(query: string, options: SearchOptions): Promise<readonly SearchHit[]>;
}

/** `SearchConfig` of the configuration has this shape. */
export interface SearchSettings {
  readonly searxngUrl?: string | undefined;
  readonly braveApiKey?: string | undefined;
  readonly tavilyApiKey?: string | undefined;
  /** CIDR list of non-public networks that pages may be read from. */
  readonly allowedNetworks: readonly string[];
}

export interface EngineOptions {
  /** The operator has chosen where the engine is, so its connections are not guarded; none follows a redirect. */
  readonly dispatcher: Dispatcher;
  readonly userAgent: string;
}

/** One's own server before a paid one, and Wikipedia where nothing is configured. */
export function chooseSearchEngine(settings: SearchSettings, options: EngineOptions): SearchEngine {
  const { searxngUrl, braveApiKey, tavilyApiKey } = settings;
  if (searxngUrl !== undefined) return createSearxng({ ...options, baseUrl: searxngUrl });
  if (braveApiKey !== undefined) return createBrave({ ...options, apiKey: braveApiKey });
  if (tavilyApiKey !== undefined) return createTavily({ ...options, apiKey: tavilyApiKey });
  return createWikipedia(options);
}
