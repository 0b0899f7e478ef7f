/** All search engines, and which one the configuration means. */
import type { SearchChoice } from '../../domain/operations/server-facts.ts';
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

type Configured = Pick<SearchSettings, 'engines'>;

function findConfigured({ engines }: Configured) {
  for (const module of searchEngines) {
    const value = engines[module.name];
    if (value !== undefined) return { module, value };
  }
  return undefined;
}

/** What `chooseSearchEngine` gives, by name, and the variable that says so. */
export function nameSearchEngine(settings: Configured): SearchChoice {
  const module = findConfigured(settings)?.module;
  return { engine: module?.name ?? 'wikipedia', variable: module?.variable.name ?? null };
}

/** The first configured engine; Wikipedia, which needs no key, where none is configured. */
export function chooseSearchEngine(settings: Configured, options: EngineOptions): SearchEngine {
  const found = findConfigured(settings);
  return found === undefined ? createWikipedia(options) : found.module.create(found.value, options);
}
