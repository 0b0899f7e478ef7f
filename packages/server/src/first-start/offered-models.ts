/** The models that the environment offers to the organization `default`, best first. */
import { newId } from '../domain/ids.ts';
import type { LocalModel } from '../models/local/local-model.ts';
import { builtInProviders } from '../models/providers/registry.ts';
import type { EnvironmentEntry } from '../store/commands/environment-models.ts';
import type { EnvironmentOffer, ProviderOffers } from './remote-offers.ts';

/** What the environment offers now; the local model may be there later. */
export function toEntries(remote: readonly ProviderOffers[], local: LocalModel): readonly EnvironmentEntry[] {
  const ofProviders = remote.flatMap(({ offers, unread }): EnvironmentEntry[] => {
    const models = offers.map(toModel);
    return unread === undefined ? models : [{ unread, otherwise: models }];
  });
  return [...ofProviders, ...listBuiltInOffers(local).map(toModel)];
}

function toModel({ why: _, ...model }: EnvironmentOffer) {
  return { ...model, id: newId() };
}

export function listBuiltInOffers(local: LocalModel): readonly EnvironmentOffer[] {
  return Object.values(builtInProviders).flatMap((provider) => {
    const offered = provider.offer(local);
    if (offered === undefined) return [];
    const { name, contextWindow = null } = offered;
    const why =
      provider.name === 'guide'
        ? 'there is no language model'
        : 'it runs in the server, and no provider is set';
    return [
      { name, provider: provider.name, model: name, baseUrl: null, apiKeyEnv: null, contextWindow, why },
    ];
  });
}
