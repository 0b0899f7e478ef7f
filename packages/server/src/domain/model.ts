/** A model as an organization configured it: its provider, its name there, and its settings. */

/** Providers with one public API, at an address of their own. */
const hostedProviders = ['openai', 'anthropic', 'google', 'mistral'] as const;

/** Servers that speak the format of another provider; each model names the address of its server. */
const addressedProviders = ['openai-compatible'] as const;

/** Models that run in the server itself, and so have neither address nor key. */
const builtInProviders = ['local', 'guide'] as const;

export const providers = [...hostedProviders, ...addressedProviders, ...builtInProviders] as const;

export type HostedProvider = (typeof hostedProviders)[number];
export type AddressedProvider = (typeof addressedProviders)[number];
export type BuiltInProvider = (typeof builtInProviders)[number];
export type Provider = (typeof providers)[number];

/** Servers that the environment knows by a name of their own; their models are stored under an addressed provider. */
export const presets = ['ollama'] as const;
export type Preset = (typeof presets)[number];

/** The local models that are fetched by name. */
export const namedLocalModels = ['qwen2.5-0.5b', 'qwen2.5-1.5b'] as const;
export type NamedLocalModel = (typeof namedLocalModels)[number];

export function isAddressed(provider: Provider): provider is AddressedProvider {
  return addressedProviders.some((name) => name === provider);
}

export function isBuiltIn(provider: Provider): provider is BuiltInProvider {
  return builtInProviders.some((name) => name === provider);
}

export interface ModelRecord {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly provider: Provider;
  /** The provider's name for the model; for `local` the path of its file. */
  readonly model: string;
  readonly baseUrl: string | null;
  /** The provider's key, encrypted under the server's secret. */
  readonly apiKeyEncrypted: string | null;
  /** The environment variable that holds the key. */
  readonly apiKeyEnv: string | null;
  /** Tokens that fit into a request with its answer. */
  readonly contextWindow: number | null;
  readonly maxOutputTokens: number | null;
  /** What a million tokens cost. */
  readonly prices: { readonly input: number; readonly output: number } | null;
  readonly isActive: boolean;
  /** Whether the server was declared to continue an answer in its middle. */
  readonly canContinue: boolean;
  readonly fromEnvironment: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}
