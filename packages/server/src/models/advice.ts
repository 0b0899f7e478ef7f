/** What a look at a model's server tells about the model, and what would help where a call of it fails. */
import type { Discovery } from './discover.ts';
import { remoteModule } from './providers/registry.ts';
import type { ModelServer } from './registry.ts';

const mostNames = 5;

/** What was found out about a model at its server. */
export interface FoundModel {
  /** Where the API was found; null: the provider's own address. */
  readonly baseUrl: string | null;
  /** How many chat models its list has; null: the list can't be read. */
  readonly models: number | null;
  /** Whether the model is among them; null: not known. */
  readonly isListed: boolean | null;
  /** Tokens, as the list says; null: it does not. */
  readonly contextWindow: number | null;
}

export function findInList(model: string, { baseUrl, list }: Discovery): FoundModel {
  const listed = list.ok ? list.models.find(({ name }) => name === model) : undefined;
  return {
    baseUrl: baseUrl ?? null,
    models: list.ok ? list.models.length : null,
    isListed: list.ok ? listed !== undefined : null,
    contextWindow: listed?.contextWindow ?? null,
  };
}

/** A sentence that says what to change, where the look at the server tells it; else null. */
export function adviceFor(model: string, server: ModelServer, discovery: Discovery): string | null {
  const { list, isFound, baseUrl } = discovery;
  if (isFound && baseUrl !== undefined && baseUrl !== server.baseUrl) {
    return `the API was found at ${baseUrl}: set base_url to it`;
  }
  if (!list.ok) {
    const isRefused = list.status === 401 || list.status === 403;
    if (list.status === 404 || list.status === 405) return 'no list of models is there: check base_url';
    if (!isRefused) return null;
    return server.apiKey === undefined
      ? 'the server wants a key: set api_key'
      : 'the server refuses the key for its list of models too: check api_key';
  }
  if (remoteModule(server.provider, server.preset).listsOfferedModels === false) return null;
  if (list.models.some(({ name }) => name === model)) return null;
  if (list.models.length === 0) return 'the server lists no chat models';
  const names = list.models.slice(0, mostNames).map(({ name }) => name);
  const more = list.models.length > mostNames ? ', …' : '';
  return `the server does not list the model ${model}; it lists ${names.join(', ')}${more}`;
}
