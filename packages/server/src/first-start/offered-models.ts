/** The models that the environment offers to the organization `default`, best first. */
import type { Config } from '../config/config.ts';
import type { Provider } from '../domain/model.ts';
import type { LocalModel } from '../models/local/local-model.ts';
import { defaultOllamaModel, remoteProviders } from '../models/provider.ts';
import { listProviderModels } from '../models/provider-models.ts';
import { withVersion1 } from '../models/upstream/address.ts';
import type { createUpstreamDispatcher } from '../models/upstream/dispatcher.ts';

type Dispatcher = ReturnType<typeof createUpstreamDispatcher>;

export interface OfferedModel {
  readonly name: string;
  readonly provider: Provider;
  readonly model: string;
  readonly baseUrl: string | null;
  readonly apiKeyEnv: string | null;
  /** Tokens; null where it is not known. */
  readonly contextWindow: number | null;
}

/** Of the providers' present models; a record can say otherwise. In tokens. */
const contextWindows = {
  openai: 128_000,
  anthropic: 200_000,
  google: 1_000_000,
  mistral: 128_000,
  ollama: 8_192,
} as const;

const maxModelsPerProvider = 50;

type ProviderName = keyof typeof contextWindows;

async function offeredBy(
  name: ProviderName,
  config: Config,
  dispatcher: Dispatcher,
  onListFailed: (provider: string, error: string) => void,
): Promise<OfferedModel[]> {
  const settings = config.providers[name];
  if (settings === undefined) return [];
  const provider = name === 'ollama' ? 'openai-compatible' : name;
  const baseUrl =
    settings.baseUrl === undefined
      ? null
      : name === 'ollama'
        ? withVersion1(settings.baseUrl)
        : settings.baseUrl;
  let models = settings.models;
  if (models.length === 0) {
    const apiKey = settings.apiKeyEnv === undefined ? undefined : config.providerKeys[settings.apiKeyEnv];
    const list = await listProviderModels({ provider, baseUrl: baseUrl ?? undefined, apiKey, dispatcher });
    if (list.ok) models = list.models.slice(0, maxModelsPerProvider);
    else onListFailed(name, list.error);
  }
  if (models.length === 0) {
    const fallback = name === 'ollama' ? defaultOllamaModel : remoteProviders[name].defaultModel;
    models = fallback === undefined ? [] : [fallback];
  }
  return models.map((model) => ({
    name: model,
    provider,
    model,
    baseUrl,
    apiKeyEnv: settings.apiKeyEnv ?? null,
    contextWindow: contextWindows[name],
  }));
}

export async function listOfferedModels(
  config: Config,
  local: LocalModel,
  dispatcher: Dispatcher,
  onListFailed: (provider: string, error: string) => void,
): Promise<OfferedModel[]> {
  const names = ['openai', 'anthropic', 'google', 'mistral', 'ollama'] as const;
  const remote = await Promise.all(names.map((name) => offeredBy(name, config, dispatcher, onListFailed)));
  const offered = remote.flat();
  const base = { baseUrl: null, apiKeyEnv: null };
  if (local.status().state !== 'off') {
    offered.push({
      ...base,
      name: local.name,
      provider: 'local',
      model: local.name,
      contextWindow: local.info()?.contextTokens ?? null,
    });
  }
  offered.push({ ...base, name: 'guide', provider: 'guide', model: 'guide', contextWindow: null });
  return offered;
}
