/** What the administration tells of the configuration. */
import type { Config } from './config/config.ts';
import type { ServerFacts } from './domain/operations/server-facts.ts';
import { nameSearchEngine } from './research/engines/choose.ts';

export function toServerFacts({ shown, titles, summaries, search }: Config): ServerFacts {
  return { variables: shown, titles, summaries, search: nameSearchEngine(search) };
}
