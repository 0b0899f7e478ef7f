/** Every provider by its name; the types demand an entry for each name of the lists in `domain/model.ts`. */
import {
  type AddressedProvider,
  type BuiltInProvider,
  type HostedProvider,
  type Preset,
  type Provider,
  presetProvider,
  presets,
  providers,
} from '../../domain/model.ts';
import { anthropicEndpoints } from '../anthropic/endpoints.ts';
import { openAiEndpoints } from '../openai/endpoints.ts';
import type { WireEndpoints } from '../upstream/remote-model.ts';
import { anthropic } from './anthropic.ts';
import { azure } from './azure.ts';
import { google } from './google.ts';
import { guide } from './guide.ts';
import { local } from './local.ts';
import { mistral } from './mistral.ts';
import { openai } from './openai.ts';
import { openAiCompatible } from './openai-compatible.ts';
import { deepseek } from './presets/deepseek.ts';
import { groq } from './presets/groq.ts';
import { llamaCpp } from './presets/llama-cpp.ts';
import { lmStudio } from './presets/lm-studio.ts';
import { ollama } from './presets/ollama.ts';
import { openrouter } from './presets/openrouter.ts';
import { together } from './presets/together.ts';
import { vllm } from './presets/vllm.ts';
import { xai } from './presets/xai.ts';
import type {
  AddressedProviderModule,
  BuiltInProviderModule,
  HostedProviderModule,
  PresetModule,
  ProviderVariables,
  RemoteProviderModule,
  Wire,
} from './provider.ts';

export const remoteProviders: Readonly<
  { [Name in HostedProvider]: HostedProviderModule & { readonly name: Name } } & {
    [Name in AddressedProvider]: AddressedProviderModule & { readonly name: Name };
  }
> = { openai, anthropic, google, mistral, azure, 'openai-compatible': openAiCompatible };

export const builtInProviders: Readonly<{
  [Name in BuiltInProvider]: BuiltInProviderModule & { readonly name: Name };
}> = { local, guide };

export const providerRegistry: Readonly<Record<Provider, RemoteProviderModule | BuiltInProviderModule>> = {
  ...remoteProviders,
  ...builtInProviders,
};

export const presetRegistry: Readonly<{ [Name in Preset]: PresetModule & { readonly name: Name } }> = {
  groq,
  deepseek,
  xai,
  openrouter,
  together,
  ollama,
  vllm,
  'llama.cpp': llamaCpp,
  'lm-studio': lmStudio,
};

/** What is to be known of a model's server: of its preset, where it has one, else of its provider. */
export function remoteModule(
  provider: RemoteProviderModule['name'],
  preset?: Preset | null,
): RemoteProviderModule | PresetModule {
  const isKnown = typeof preset === 'string' && Object.hasOwn(presetRegistry, preset);
  return isKnown ? presetRegistry[preset] : remoteProviders[provider];
}

export function endpointsOf(module: Wire): WireEndpoints {
  if (module.wire === 'anthropic') return anthropicEndpoints;
  return module.endpoints ?? openAiEndpoints;
}

/** A provider that is reached over the network, or a preset of one. */
export interface KnownServer {
  readonly provider: RemoteProviderModule['name'];
  readonly preset: Preset | null;
  readonly module: RemoteProviderModule | PresetModule;
}

/** Providers first, in the order in which they are offered; the one for any other server last. */
export const knownServers: readonly KnownServer[] = [
  ...providers
    .map((name) => providerRegistry[name])
    .flatMap((module) => ('wire' in module && module.name !== presetProvider ? [module] : []))
    .map((module) => ({ provider: module.name, preset: null, module })),
  ...presets.map((preset) => {
    const module = presetRegistry[preset];
    return { provider: module.provider, preset, module };
  }),
  { provider: presetProvider, preset: null, module: remoteProviders[presetProvider] },
];

/** The origins of the providers' own APIs that are reached over TLS, so that nobody else answers under their names. */
const knownOrigins: ReadonlySet<string> = new Set(
  knownServers
    .map(({ module: { baseUrl } }) => baseUrl)
    .filter((baseUrl) => baseUrl?.startsWith('https:') === true)
    .map((baseUrl) => new URL(baseUrl as string).origin),
);

/** Whether an address is that of a provider's own API, whoever wrote it; null: the model names none. */
export function isKnownAddress(baseUrl: string | null | undefined): boolean {
  if (baseUrl === null || baseUrl === undefined) return true;
  return URL.canParse(baseUrl) && knownOrigins.has(new URL(baseUrl).origin);
}

/** The headers in which providers take their keys. */
export const keyHeaders = ['authorization', 'api-key', 'x-api-key'] as const;

export function keyHeaderOf(module: Wire): (typeof keyHeaders)[number] {
  const headers = endpointsOf(module).headers('key');
  return keyHeaders.find((name) => headers[name] !== undefined) ?? 'authorization';
}

/** A provider, or a preset, that environment variables can set up. */
export interface EnvironmentProvider {
  readonly name: Provider | Preset;
  /** Which provider its models are stored under. */
  readonly provider: RemoteProviderModule['name'];
  readonly variables: ProviderVariables;
  readonly preset: Preset | null;
  /** The address that its models are stored with; undefined: the provider's own. */
  readonly baseUrl: string | undefined;
  readonly defaultModel: string | undefined;
  readonly contextWindow: number | undefined;
}

/** The remote providers, in the order in which their models are offered. */
export const environmentProviders: readonly EnvironmentProvider[] = [
  ...providers.map((name) => providerRegistry[name]).flatMap((module) => ('wire' in module ? [module] : [])),
  ...presets.map((name) => presetRegistry[name]),
].flatMap((module): EnvironmentProvider[] => {
  const { name, variables, defaultModel, contextWindow } = module;
  if (variables === undefined) return [];
  const common = { name, variables, defaultModel, contextWindow };
  if (!('provider' in module))
    return [{ ...common, provider: module.name, preset: null, baseUrl: undefined }];
  const { provider, baseUrl } = module;
  return [{ ...common, provider, preset: module.name, baseUrl }];
});
