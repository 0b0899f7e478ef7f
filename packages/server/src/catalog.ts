/** The providers and search engines that environment variables can set up, as the configuration is handed them. */
import type { Catalog } from './config/catalog.ts';
import { environmentProviders } from './models/providers/registry.ts';
import { searchEngines } from './research/engines/choose.ts';

export const catalog: Catalog = { providers: environmentProviders, engines: searchEngines };
