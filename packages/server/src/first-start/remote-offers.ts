/** The models of the providers that the environment sets up, each asked for its list of models at most once. */
import type { Config, ProviderConfig } from '../config/config.ts';
import { type Discovery, discoverModels } from '../models/discover.ts';
import type { ListedModel } from '../models/discovery/model-list.ts';
import { type EnvironmentProvider, environmentProviders } from '../models/providers/registry.ts';
import type { createUpstreamDispatcher } from '../models/upstream/dispatcher.ts';
import type { EnvironmentModel, UnreadList } from '../store/commands/environment-models.ts';

type Dispatcher = ReturnType<typeof createUpstreamDispatcher>;

/** A model that the environment offers and that has no id yet. */
export interface EnvironmentOffer extends Omit<EnvironmentModel, 'id' | 'maxOutputTokens'> {
  /** Why this model, as a clause: "OPENAI_MODEL names it". */
  readonly why: string;
}

/** The models of one provider, the best first. */
export interface ProviderOffers {
  readonly offers: readonly EnvironmentOffer[];
  /** The list that could not be read: what was offered of it at earlier starts stays. */
  readonly unread?: UnreadList;
  /** What an operator should do, in a sentence. */
  readonly problem?: string;
}

const maxModelsPerProvider = 50;

/** The providers in the order in which they are offered. */
export function listRemoteOffers(config: Config, dispatcher: Dispatcher): Promise<readonly ProviderOffers[]> {
  const set = environmentProviders.flatMap((provider) => {
    const settings = config.providers[provider.name];
    return settings === undefined ? [] : [{ provider, settings }];
  });
  return Promise.all(
    set.map(async ({ provider, settings }) => {
      const place = await findPlace(provider, settings, config, dispatcher);
      return offersOf(provider, settings, place);
    }),
  );
}

interface Place {
  /** Undefined: the provider's own address. */
  readonly baseUrl: string | undefined;
  readonly list: Discovery['list'];
}

async function findPlace(
  { provider, preset, variables, baseUrl: own }: EnvironmentProvider,
  settings: ProviderConfig,
  config: Config,
  dispatcher: Dispatcher,
): Promise<Place> {
  // At a provider's own address nothing is to be found out of models that are named.
  if (settings.models.length > 0 && settings.baseUrl === undefined) {
    return { baseUrl: own, list: { ok: true, models: [] } };
  }
  const given = settings.baseUrl === undefined ? own : `${settings.baseUrl}${variables.baseUrlSuffix ?? ''}`;
  const { apiKeyEnv } = settings;
  const apiKey = apiKeyEnv === undefined ? undefined : config.providerKeys[apiKeyEnv];
  const found = await discoverModels({ provider, preset, baseUrl: given, apiKey, dispatcher });
  return { baseUrl: found.isFound ? found.baseUrl : given, list: found.list };
}

function offersOf(
  environmentProvider: EnvironmentProvider,
  settings: ProviderConfig,
  { baseUrl, list }: Place,
): ProviderOffers {
  const { name, provider, preset, variables, defaultModel } = environmentProvider;
  // Ollama has no address of its own, and so no foreign one; but what it offers is known to its list alone.
  const isForeign = settings.baseUrl !== undefined && preset === null;
  const listed = list.ok ? list.models : [];
  const offer = (model: string, why: string): EnvironmentOffer => ({
    name: model,
    provider,
    preset,
    model,
    baseUrl: baseUrl ?? null,
    apiKeyEnv: settings.apiKeyEnv ?? null,
    ...windowOf(
      environmentProvider,
      isForeign,
      listed.find((one) => one.name === model),
    ),
    why,
  });
  if (settings.models.length > 0) {
    return { offers: settings.models.map((model) => offer(model, `${variables.models} names it`)) };
  }
  if (list.ok && listed.length > 0) {
    const first = whyFirst(name, listed, defaultModel);
    const other = `the list of ${name} names it, and those before it are switched off`;
    const offered = listed.slice(0, maxModelsPerProvider);
    return { offers: offered.map((model, index) => offer(model.name, index === 0 ? first : other)) };
  }
  const reason = list.ok ? 'it names no chat model' : list.error;
  const problem = `the list of models of ${name}${baseUrl === undefined ? '' : ` at ${baseUrl}`} can't be used (${reason})`;
  // A name that nobody has given nor listed would be a guess at an address that is not the provider's own.
  const isKnownThere = settings.baseUrl === undefined && defaultModel !== undefined;
  const unread = { provider, preset, baseUrl: baseUrl ?? null };
  if (!isKnownThere) return { offers: [], unread, problem: `${problem}: set ${variables.models}` };
  const why = `it is the documented default of ${name}, whose list of models can't be read`;
  return { offers: [offer(defaultModel, why)], unread, problem };
}

function windowOf(
  { contextWindow }: EnvironmentProvider,
  isForeign: boolean,
  listed: ListedModel | undefined,
): Pick<EnvironmentModel, 'contextWindow' | 'contextWindowSource'> {
  if (listed?.contextWindow !== undefined) {
    return { contextWindow: listed.contextWindow, contextWindowSource: 'listed' };
  }
  return { contextWindow: isForeign ? null : (contextWindow ?? null), contextWindowSource: 'assumed' };
}

function whyFirst(name: string, listed: readonly ListedModel[], documented: string | undefined): string {
  if (listed[0]?.name === documented) return `it is the documented default of ${name}`;
  if (listed.length === 1) return `it is the only chat model in the list of ${name}`;
  return `it looks like the cheapest in the list of ${name}`;
}
