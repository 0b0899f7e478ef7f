/** What the configuration is handed: the providers and search engines that environment variables can set up. */
import type { Preset, Provider } from '../domain/model.ts';

export interface Catalog {
  readonly providers: readonly CatalogProvider[];
  /** The engines, in the order of preference. */
  readonly engines: readonly CatalogEngine[];
}

export interface CatalogProvider {
  readonly name: Provider | Preset;
  readonly variables: {
    /** Holds the key of the API. */
    readonly apiKey?: string;
    /** Holds the address of the API. */
    readonly baseUrl?: string;
    /** What the address must not end in, since it is appended later. */
    readonly baseUrlSuffix?: string;
    /** Holds a list of model names, separated by commas. */
    readonly models: string;
  };
}

export interface CatalogEngine {
  readonly name: string;
  readonly variable: { readonly name: string; readonly holds: 'api-key' | 'address' };
}
