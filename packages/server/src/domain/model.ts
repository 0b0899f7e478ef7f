/** A model as an organization configured it: its provider, its name there, and its settings. */

/** Providers with one public API, at an address of their own. */
const hostedProviders = ['openai', 'anthropic', 'google', 'mistral'] as const;

/** Servers that speak the format of another provider; each model names the address of its server. */
const addressedProviders = ['azure', 'openai-compatible'] as const;

/** Models that run in the server itself, and so have neither address nor key. */
const builtInProviders = ['local', 'guide'] as const;

export const providers = [...hostedProviders, ...addressedProviders, ...builtInProviders] as const;

export type HostedProvider = (typeof hostedProviders)[number];
export type AddressedProvider = (typeof addressedProviders)[number];
export type BuiltInProvider = (typeof builtInProviders)[number];
export type Provider = (typeof providers)[number];

/** Providers and servers with a name of their own whose models are stored under an addressed provider. */
export const presets = [
  'groq',
  'deepseek',
  'xai',
  'openrouter',
  'together',
  'ollama',
  'vllm',
  'llama.cpp',
  'lm-studio',
] as const;
export type Preset = (typeof presets)[number];
/** The provider of all models that have a preset. */
export const presetProvider = 'openai-compatible' satisfies Provider;

/** The local models that are fetched by name. */
export const namedLocalModels = ['qwen2.5-0.5b', 'qwen2.5-1.5b'] as const;
export type NamedLocalModel = (typeof namedLocalModels)[number];

/** How the local model of the environment is; `absent`: its file is about to be looked for. */
export const localModelStates = [
  'absent',
  'fetching',
  'verifying',
  'loading',
  'ready',
  'failed',
  'off',
] as const;
export type LocalModelState = (typeof localModelStates)[number];

export function isAddressed(provider: Provider): provider is AddressedProvider {
  return addressedProviders.some((name) => name === provider);
}

export function isBuiltIn(provider: Provider): provider is BuiltInProvider {
  return builtInProviders.some((name) => name === provider);
}

/** Which field bounds an answer's length in OpenAI's format; `auto`: the one that the provider is known to take. */
export const tokenFields = ['auto', 'max_tokens', 'max_completion_tokens'] as const;
export type TokenField = (typeof tokenFields)[number];

/** How instructions go to a model; `user`: joined into the first message of the user. */
export const systemRoles = ['system', 'developer', 'user'] as const;
export type SystemRole = (typeof systemRoles)[number];

/**
 * How a model is told what the assistant said before the user's first message: at the end of the system text, or as the
 * assistant's message behind a turn in which the user says nothing.
 */
export const greetingRoles = ['system', 'assistant'] as const;
export type GreetingRole = (typeof greetingRoles)[number];

/** Whether reasoning that a model writes into its text, between tags, is told apart from its answer. */
export const thinkTagChoices = ['auto', 'off'] as const;
export type ThinkTags = (typeof thinkTagChoices)[number];

/**
 * Where the figure of a context window comes from: an administrator, the provider's list of models, an error of the
 * provider that named it, or what is assumed of the provider's models.
 */
export const contextWindowSources = ['set', 'listed', 'learnt', 'assumed'] as const;
export type ContextWindowSource = (typeof contextWindowSources)[number];

/** Parameters of a request, and roles of its messages, that servers are known to refuse: it can be sent without them. */
export const refusableParameters = [
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'stop',
  'seed',
  'stream_options',
  'presence_penalty',
  'frequency_penalty',
  'parallel_tool_calls',
  'reasoning_effort',
  'verbosity',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'service_tier',
  'prediction',
  'stream',
  'system_role',
  'developer_role',
] as const;
export type RefusableParameter = (typeof refusableParameters)[number];

/** What calls of a model have shown. It is forgotten when a setting changes on which it depends. */
export interface LearntFacts {
  /** Tokens, as the provider named them when it refused a prompt as too long. */
  readonly contextWindow?: number;
  readonly refusedParameters?: readonly RefusableParameter[];
  readonly prompts?: LearntAboutPrompts;
}

/** What prompts that were too long have shown beside the window. */
export interface LearntAboutPrompts {
  /** How many tokens of a prompt are counted here where the provider counts one; more than 0, at most 1. */
  readonly countRatio: number;
  /** Most tokens of a prompt, counted here, where the provider named no window. */
  readonly promptTokens?: number | undefined;
  /** Tokens that the provider counted for the answer, beside the prompt. */
  readonly answerTokens?: number | undefined;
}

/** Bounds of a context window that can be learnt, in tokens; what else a provider says is no window. */
export const learntWindowBounds = { least: 128, most: 100_000_000 } as const;

/** The result of a real call for a few tokens. */
export interface ModelTestRecord {
  readonly ok: boolean;
  readonly latencyMs: number;
  readonly error: string | null;
  /** What would help, or what is odd about the answer, in a sentence. */
  readonly hint: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** How many models a model or a persona's version may name to be tried in its place. */
export const maxFallbacks = 5;

/** The longest time limit for a connection that a model may have, in milliseconds. */
export const longestConnectMs = 120_000;

/** Milliseconds; what is absent is as the server's environment says. */
export interface ModelTimeouts {
  /** The longest time until the connection is open. */
  readonly connectMs?: number;
  /** The longest time from then until the model says something. */
  readonly firstTokenMs?: number;
  /** The longest silence between two outputs. */
  readonly idleMs?: number;
}

/** How requests to a remote model are made, beside its address and key. */
export interface RequestSettings {
  /** Further headers of each request by name; each value is sealed like a key. */
  readonly sealedHeaders: Readonly<Record<string, string>>;
  /** Parameters of each request's query by name; each value is sealed like a key. */
  readonly sealedQuery: Readonly<Record<string, string>>;
  /** Fields that are merged last into the body of each request. */
  readonly extraBody: Readonly<Record<string, unknown>> | null;
  readonly tokenField: TokenField;
  readonly systemRole: SystemRole;
  readonly greetingRole: GreetingRole;
  readonly thinkTags: ThinkTags;
  /** Whether answers are asked for as a stream; if not, each arrives whole. */
  readonly stream: boolean;
  readonly timeouts: ModelTimeouts;
  /** How often a failed call is repeated; null: as the server's environment says. */
  readonly maxRetries: number | null;
}

export const defaultRequestSettings: RequestSettings = {
  sealedHeaders: {},
  sealedQuery: {},
  extraBody: null,
  tokenField: 'auto',
  systemRole: 'system',
  greetingRole: 'system',
  thinkTags: 'auto',
  stream: true,
  timeouts: {},
  maxRetries: null,
};

export interface ModelRecord extends RequestSettings {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly provider: Provider;
  /** The preset that it was made from; null: none. */
  readonly preset: Preset | null;
  /** The provider's name for the model; for `local` the path of its file. */
  readonly model: string;
  readonly baseUrl: string | null;
  /** Whether an organization's administrator wrote `baseUrl`: connections are then made to public addresses only. */
  readonly addressIsGuarded: boolean;
  /** The provider's key, encrypted under the server's secret. */
  readonly apiKeyEncrypted: string | null;
  /** The environment variable that holds the key. */
  readonly apiKeyEnv: string | null;
  /** Tokens that fit into a request with its answer: as set, else as learnt, else as listed; null: not known. */
  readonly contextWindow: number | null;
  readonly contextWindowSource: ContextWindowSource;
  readonly learnt: LearntFacts;
  /** When something was learnt last, in epoch milliseconds; null: never. */
  readonly learntAt: number | null;
  /** Ids of the models that are tried when this one fails before its first token, in this order. */
  readonly fallbacks: readonly string[];
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
