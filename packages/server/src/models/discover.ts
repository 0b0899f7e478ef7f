/** Finds out at which address a provider's API is, and which models it offers there. */
import { candidatesOf, withoutEndpoint } from './discovery/base-url.ts';
import { openAiEndpoints } from './openai/endpoints.ts';
import { listProviderModels, type ProviderModels, type ProviderModelsQuery } from './provider-models.ts';
import { endpointsOf, remoteModule } from './providers/registry.ts';

export interface Discovery {
  /** The address at which the API was found, or the given one where it was not; undefined: the provider's own. */
  readonly baseUrl: string | undefined;
  /** Whether its list of models was read there, or only refused for want of a right key. */
  readonly isFound: boolean;
  readonly list: ProviderModels;
}

/**
 * Asks for the list of models at the given address and, where that is not the address of an API of OpenAI's format, at
 * those that may be meant by it, all at once and within `timeoutMs`. Never throws.
 */
export async function discoverModels(query: ProviderModelsQuery): Promise<Discovery> {
  const module = remoteModule(query.provider, query.preset);
  const given = query.baseUrl === undefined ? undefined : withoutEndpoint(query.baseUrl);
  const isPlain = given !== undefined && endpointsOf(module) === openAiEndpoints;
  const candidates = isPlain ? candidatesOf(given) : [given];
  const found = await Promise.all(
    candidates.map(async (baseUrl) => ({
      baseUrl,
      list: await listProviderModels({ ...query, baseUrl }),
    })),
  );
  const [first] = found as [(typeof found)[number]];
  const best =
    found.find(({ list }) => list.ok) ??
    (isAbsent(first.list) ? found.find(({ list }) => isRefused(list)) : undefined) ??
    first;
  return { ...best, isFound: best.list.ok || isRefused(best.list) };
}

function isRefused(list: ProviderModels): boolean {
  return !list.ok && (list.status === 401 || list.status === 403);
}

/** Something answered that is no API: an error for an unknown path, or a page. */
function isAbsent(list: ProviderModels): boolean {
  return !list.ok && list.status !== undefined && !isRefused(list) && list.status < 500;
}
