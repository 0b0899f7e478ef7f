/** The interface behind which every search engine stands, and what a search engine says of itself. */
import type { Dispatcher } from 'undici';

export interface SearchHit {
  readonly title: string;
  /** An http(s) address without credentials and fragment. */
  readonly url: string;
  /** The engine's excerpt, as plain text; may be empty. */
  readonly snippet: string;
}

export interface SearchOptions {
  readonly signal: AbortSignal;
  /** The most hits that are wanted, 1 to 20. */
  readonly limit: number;
}

export interface SearchEngine {
  readonly name: string;
  /**
   * Finds pages, best first; an empty list where nothing was found.
   * @throws SearchError where the engine fails; the signal's reason where it is aborted
   */
  search(query: string, options: SearchOptions): Promise<readonly SearchHit[]>;
}

export interface EngineOptions {
  /**
   * Not guarded by the address guard, since the operator has chosen where the engine is; so no engine follows
   * redirects.
   */
  readonly dispatcher: Dispatcher;
  readonly userAgent: string;
}

/** A search engine as one value. */
export interface SearchEngineModule {
  readonly name: string;
  /** The environment variable that turns the engine on, and what it holds. */
  readonly variable: { readonly name: string; readonly holds: 'api-key' | 'address' };
  /** `value` is what the variable holds; an address has no slash at its end. */
  create(value: string, options: EngineOptions): SearchEngine;
}
