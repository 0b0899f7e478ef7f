/** All search engines, and which one the configuration means. */
import { brave } from './brave.ts';
import type { EngineOptions, SearchEngine, SearchEngineModule } from './engine.ts';
import { searxng } from './searxng.ts';
import { tavily } from './tavily.ts';
import { createWikipedia } from './wikipedia.ts';

/** The first one that is configured is used, so the operator's own server stands before paid services. */
export const searchEngines: readonly SearchEngineModule[] = [searxng, brave, tavily];

/** `config.search` has this shape. */
export interface SearchSettings {
  /** What the engines' variables hold, by the engine's name; only for those that are set. */
  readonly engines: Readonly<Record<string, string>>;
  /** A list of CIDR networks that are not public and that pages may be read from all the same. */
  readonly allowedNetworks: readonly string[];
}

/** The first configured engine; Wikipedia, which needs no key, where none is configured. */
export function chooseSearchEngine(
  { engines }: Pick<SearchSettings, 'engines'>,
  options: EngineOptions,
): SearchEngine {
  for (const { name, create } of searchEngines) {
    const value = engines[name];
    if (value !== undefined) return create(value, options);
  }
  return createWikipedia(options);
}
