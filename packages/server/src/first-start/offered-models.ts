/** The models that the environment offers to the organization `default`, best first. */
import type { Config, ProviderConfig } from '../config/config.ts';
import type { LocalModel } from '../models/local/local-model.ts';
import { listProviderModels } from '../models/provider-models.ts';
import {
  builtInProviders,
  type EnvironmentProvider,
  environmentProviders,
} from '../models/providers/registry.ts';
import type { createUpstreamDispatcher } from '../models/upstream/dispatcher.ts';
import type { EnvironmentModel } from '../store/commands/environment-models.ts';

type Dispatcher = ReturnType<typeof createUpstreamDispatcher>;

/** A model of the environment that has no id yet. */
export type OfferedModel = Omit<EnvironmentModel, 'id' | 'maxOutputTokens'>;

const maxModelsPerProvider = 50;

export async function listOfferedModels(
  config: Config,
  local: LocalModel,
  dispatcher: Dispatcher,
  onListFailed: (provider: string, error: string) => void,
): Promise<OfferedModel[]> {
  const remote = await Promise.all(
    environmentProviders.map((provider) => listRemoteModels(provider, config, dispatcher, onListFailed)),
  );
  return [...remote.flat(), ...listBuiltInModels(local)];
}

async function listRemoteModels(
  { name, provider, variables, defaultModel, contextWindow }: EnvironmentProvider,
  config: Config,
  dispatcher: Dispatcher,
  onListFailed: (provider: string, error: string) => void,
): Promise<OfferedModel[]> {
  const settings = config.providers[name];
  if (settings === undefined) return [];
  const baseUrl =
    settings.baseUrl === undefined ? undefined : `${settings.baseUrl}${variables.baseUrlSuffix ?? ''}`;
  let { models } = settings;
  if (models.length === 0) {
    const apiKey = apiKeyOf(settings, config);
    const list = await listProviderModels({ provider, baseUrl, apiKey, dispatcher });
    if (list.ok) models = list.models.slice(0, maxModelsPerProvider);
    else onListFailed(name, list.error);
  }
  if (models.length === 0 && defaultModel !== undefined) models = [defaultModel];
  return models.map((model) => ({
    name: model,
    provider,
    model,
    baseUrl: baseUrl ?? null,
    apiKeyEnv: settings.apiKeyEnv ?? null,
    contextWindow: contextWindow ?? null,
  }));
}

function apiKeyOf({ apiKeyEnv }: ProviderConfig, config: Config): string | undefined {
  return apiKeyEnv === undefined ? undefined : config.providerKeys[apiKeyEnv];
}

function listBuiltInModels(local: LocalModel): OfferedModel[] {
  return Object.values(builtInProviders).flatMap((provider) => {
    const offered = provider.offer(local);
    if (offered === undefined) return [];
    const { name, contextWindow = null } = offered;
    return [{ name, provider: provider.name, model: name, baseUrl: null, apiKeyEnv: null, contextWindow }];
  });
}
