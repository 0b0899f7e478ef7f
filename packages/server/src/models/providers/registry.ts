/** Every provider by its name; the types demand an entry for each name of the lists in `domain/model.ts`. */
import {
  type AddressedProvider,
  type BuiltInProvider,
  type HostedProvider,
  type Preset,
  type Provider,
  presets,
  providers,
} from '../../domain/model.ts';
import { anthropic } from './anthropic.ts';
import { google } from './google.ts';
import { guide } from './guide.ts';
import { local } from './local.ts';
import { mistral } from './mistral.ts';
import { ollama } from './ollama.ts';
import { openai } from './openai.ts';
import { openAiCompatible } from './openai-compatible.ts';
import type {
  AddressedProviderModule,
  BuiltInProviderModule,
  HostedProviderModule,
  PresetModule,
  ProviderVariables,
  RemoteProviderModule,
} from './provider.ts';

export const remoteProviders: Readonly<
  { [Name in HostedProvider]: HostedProviderModule & { readonly name: Name } } & {
    [Name in AddressedProvider]: AddressedProviderModule & { readonly name: Name };
  }
> = { openai, anthropic, google, mistral, 'openai-compatible': openAiCompatible };

export const builtInProviders: Readonly<{
  [Name in BuiltInProvider]: BuiltInProviderModule & { readonly name: Name };
}> = { local, guide };

export const providerRegistry: Readonly<Record<Provider, RemoteProviderModule | BuiltInProviderModule>> = {
  ...remoteProviders,
  ...builtInProviders,
};

const presetRegistry: Readonly<{ [Name in Preset]: PresetModule & { readonly name: Name } }> = { ollama };

/** A provider, or a preset, that environment variables can set up. */
export interface EnvironmentProvider {
  readonly name: Provider | Preset;
  /** Which provider its models are stored under. */
  readonly provider: RemoteProviderModule['name'];
  readonly variables: ProviderVariables;
  readonly defaultModel: string | undefined;
  readonly contextWindow: number | undefined;
}

/** The remote providers, in the order in which their models are offered. */
export const environmentProviders: readonly EnvironmentProvider[] = [
  ...providers.map((name) => providerRegistry[name]).flatMap((module) => ('wire' in module ? [module] : [])),
  ...presets.map((name) => presetRegistry[name]),
].flatMap((module) => {
  const { name, variables, defaultModel, contextWindow } = module;
  if (variables === undefined) return [];
  const provider = 'provider' in module ? module.provider : module.name;
  return [{ name, provider, variables, defaultModel, contextWindow }];
});
