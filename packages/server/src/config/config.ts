/** The program's configuration: pure and frozen. `env.ts` reads the environment; `parseConfig` checks it. */
import type { ConfigProblem } from './problems.ts';
import { createReader, isHost, normalizeNetwork, type RawEnvironment, type Reader } from './reader.ts';
import { findUnknownVariables } from './unknown-variables.ts';
import type { VariableName } from './variables.ts';

export interface Config {
  readonly host: string;
  /** 0 to 65535; 0 lets the system choose. */
  readonly port: number;
  readonly dataDir: string;
  /** `postgres://…`; absent: SQLite in the data directory. */
  readonly databaseUrl: string | undefined;
  /** Most connections to PostgreSQL at once. */
  readonly databasePoolSize: number;
  /** `redis://…`; only together with `databaseUrl`. */
  readonly redisUrl: string | undefined;
  /** The operator's key, `sk_admin_…`; absent: made on the first start and kept in the data directory. */
  readonly adminKey: string | undefined;
  /** Signs tokens and encrypts provider keys; absent: made on the first start and kept in the data directory. */
  readonly secret: string | undefined;
  readonly providers: ProvidersConfig;
  /** The values of the variables that `providers.*.apiKeyEnv` name. */
  readonly providerKeys: Readonly<Record<string, string>>;
  /**
   * A GGUF file's path, an address, the name `qwen2.5-0.5b` or `qwen2.5-1.5b`, or `off`. Unset: `off` where a provider
   * is there, else `qwen2.5-0.5b`.
   */
  readonly localModel: LocalModelConfig;
  readonly modelTimeouts: ModelTimeouts;
  /** Retries of a model call after its first try, while nothing has been received. */
  readonly modelMaxRetries: number;
  readonly search: SearchConfig;
  /** Outside tokens are accepted as members' when there is one. */
  readonly identityProvider?: IdentityProviderConfig;
  /** Whom requests without a credential act as: an organization's id in lower case, or `default`. */
  readonly anonymousOrg: string | undefined;
  /** Whether models name new conversations, in a call of its own after the first answer. */
  readonly titles: boolean;
  readonly tokenTtlSeconds: number;
  readonly leaseMs: number;
  readonly shutdownGraceMs: number;
  readonly logLevel: LogLevel;
}

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface ModelTimeouts {
  readonly connectMs: number;
  readonly firstTokenMs: number;
  readonly idleMs: number;
}

export interface ProviderConfig {
  /** Without a slash at the end; absent: the provider's own. Ollama's is the bare host, without `/v1`. */
  readonly baseUrl: string | undefined;
  readonly apiKeyEnv: string | undefined;
  /** From the comma list; the first is the default. Empty: ask the provider, else the documented default. */
  readonly models: readonly string[];
}

/** A provider is there when the environment holds its key or URL. */
export interface ProvidersConfig {
  readonly openai?: ProviderConfig;
  readonly anthropic?: ProviderConfig;
  readonly google?: ProviderConfig;
  readonly mistral?: ProviderConfig;
  readonly ollama?: ProviderConfig;
}

export type LocalModelConfig =
  | { readonly kind: 'off' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'named'; readonly name: 'qwen2.5-0.5b' | 'qwen2.5-1.5b' };

export interface SearchConfig {
  readonly searxngUrl: string | undefined;
  readonly braveApiKey: string | undefined;
  readonly tavilyApiKey: string | undefined;
  /** CIDR list of non-public networks that pages may be read from. */
  readonly allowedNetworks: readonly string[];
}

export interface IdentityProviderConfig {
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
  /** The claims that hold organization and role. */
  readonly organizationClaim: string;
  readonly roleClaim: string;
}

/** Either a whole, frozen configuration or everything that is wrong with the environment, never a part of it. */
export type ParsedConfig =
  | { readonly config: Config; readonly problems?: never; readonly files?: never }
  | { readonly problems: readonly ConfigProblem[]; readonly files: NamedFiles; readonly config?: never };

/** What `checkFiles` looks at. */
export type NamedFiles = Pick<Config, 'dataDir' | 'localModel'>;

/**
 * Checks an environment. An empty or blank variable counts as unset; blanks around a value are not part of it.
 * Pure: whether files and directories are there is for `checkFiles`.
 */
export function parseConfig(environment: RawEnvironment): ParsedConfig {
  const reader = createReader(environment);
  const databaseUrl = reader.url('DATABASE_URL', ['postgres:', 'postgresql:']);
  const redisUrl = reader.url('REDIS_URL', ['redis:', 'rediss:']);
  if (redisUrl !== undefined && reader.text('DATABASE_URL') === undefined) {
    reader.conflict('REDIS_URL', 'is set without DATABASE_URL', 'both (several servers), or neither (one)');
  }
  const providers = readProviders(reader);
  const identityProvider = readIdentityProvider(reader);
  const config: Config = {
    host: readHost(reader),
    port: reader.integer('PORT', 0, 65_535),
    dataDir: reader.text('DATA_DIR') ?? '',
    databaseUrl,
    databasePoolSize: reader.integer('DATABASE_POOL_SIZE', 1, 1000),
    redisUrl,
    adminKey: reader.secret('COLLOQUY_ADMIN_KEY', /^sk_admin_[!-~]{16,}$/),
    secret: reader.secret('COLLOQUY_SECRET', /^.{16,}$/su),
    ...providers,
    localModel: readLocalModel(reader, Object.keys(providers.providers).length > 0),
    modelTimeouts: {
      connectMs: reader.integer('MODEL_CONNECT_TIMEOUT_MS', 1, 3_600_000),
      firstTokenMs: reader.integer('MODEL_FIRST_TOKEN_TIMEOUT_MS', 1, 3_600_000),
      idleMs: reader.integer('MODEL_IDLE_TIMEOUT_MS', 1, 3_600_000),
    },
    modelMaxRetries: reader.integer('MODEL_MAX_RETRIES', 0, 10),
    search: {
      searxngUrl: readBaseUrl(reader, 'SEARXNG_URL'),
      braveApiKey: readApiKey(reader, 'BRAVE_API_KEY'),
      tavilyApiKey: readApiKey(reader, 'TAVILY_API_KEY'),
      allowedNetworks: readNetworks(reader),
    },
    ...(identityProvider && { identityProvider }),
    anonymousOrg: readAnonymousOrg(reader),
    tokenTtlSeconds: reader.integer('TOKEN_TTL_SECONDS', 1, 31_536_000),
    titles: reader.oneOf('COLLOQUY_TITLES', ['on', 'off'], 'on') === 'on',
    leaseMs: reader.integer('LEASE_MS', 100, 600_000),
    shutdownGraceMs: reader.integer('SHUTDOWN_GRACE_MS', 0, 3_600_000),
    logLevel: reader.oneOf('LOG_LEVEL', logLevels, 'info'),
  };
  const problems = [...reader.problems, ...findUnknownVariables(environment)];
  if (problems.length === 0) return { config: deepFreeze(config) };
  return { problems, files: { dataDir: config.dataDir, localModel: config.localModel } };
}

function readHost(reader: Reader): string {
  const host = reader.text('HOST') ?? '';
  if (!isHost(host)) reader.reject('HOST');
  return host;
}

/** Which variables make each provider; without a key and an address it is not there. */
const providerVariables = {
  openai: { key: 'OPENAI_API_KEY', baseUrl: 'OPENAI_BASE_URL', models: 'OPENAI_MODEL' },
  anthropic: { key: 'ANTHROPIC_API_KEY', models: 'ANTHROPIC_MODEL' },
  google: { key: 'GOOGLE_GENERATIVE_AI_API_KEY', models: 'GOOGLE_MODEL' },
  mistral: { key: 'MISTRAL_API_KEY', models: 'MISTRAL_MODEL' },
  ollama: { baseUrl: 'OLLAMA_BASE_URL', models: 'OLLAMA_MODEL' },
} as const satisfies Record<
  keyof ProvidersConfig,
  { key?: VariableName; baseUrl?: VariableName; models: VariableName }
>;

function readProviders(reader: Reader): Pick<Config, 'providers' | 'providerKeys'> {
  const providers: Record<string, ProviderConfig> = {};
  const providerKeys: Record<string, string> = {};
  for (const [name, variable] of Object.entries(providerVariables)) {
    const apiKeyEnv = 'key' in variable ? variable.key : undefined;
    const key = apiKeyEnv && readApiKey(reader, apiKeyEnv);
    const baseUrl = 'baseUrl' in variable ? readBaseUrl(reader, variable.baseUrl) : undefined;
    if (name === 'ollama' && baseUrl?.endsWith('/v1')) reader.reject('OLLAMA_BASE_URL');
    if (key === undefined && baseUrl === undefined) continue;
    if (apiKeyEnv && key) providerKeys[apiKeyEnv] = key;
    providers[name] = { baseUrl, apiKeyEnv: key && apiKeyEnv, models: reader.list(variable.models) };
  }
  return { providers, providerKeys };
}

function readApiKey(reader: Reader, name: VariableName): string | undefined {
  return reader.secret(name, /^[!#-&(-~]+$/);
}

function readBaseUrl(reader: Reader, name: VariableName): string | undefined {
  const url = reader.url(name, ['http:', 'https:']);
  if (url !== undefined && /[?#]/.test(url)) reader.reject(name);
  return url?.replace(/\/+$/, '');
}

function readLocalModel(reader: Reader, hasProvider: boolean): LocalModelConfig {
  const value = reader.text('COLLOQUY_LOCAL_MODEL') ?? (hasProvider ? 'off' : 'qwen2.5-0.5b');
  if (value === 'off') return { kind: 'off' };
  if (value === 'qwen2.5-0.5b' || value === 'qwen2.5-1.5b') return { kind: 'named', name: value };
  if (value.includes('://')) {
    return { kind: 'url', url: reader.url('COLLOQUY_LOCAL_MODEL', ['http:', 'https:']) ?? '' };
  }
  // A bare word is rather a model's name, mistyped, than a file in the working directory.
  if (!/[/\\]|\.gguf$/i.test(value)) reader.reject('COLLOQUY_LOCAL_MODEL');
  return { kind: 'file', path: value };
}

function readNetworks(reader: Reader): readonly string[] {
  const networks = reader.list('INTERNET_ALLOWED_NETWORKS').map(normalizeNetwork);
  if (networks.includes(undefined)) reader.reject('INTERNET_ALLOWED_NETWORKS');
  return networks.filter((network) => network !== undefined);
}

function readAnonymousOrg(reader: Reader): string | undefined {
  const organization = reader.text('ANONYMOUS_ORG')?.toLowerCase();
  const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  if (organization && organization !== 'default' && !uuid.test(organization)) reader.reject('ANONYMOUS_ORG');
  return organization;
}

function readIdentityProvider(reader: Reader): IdentityProviderConfig | undefined {
  const names = ['AUTH_JWKS_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE'] as const;
  const given = names.filter((name) => reader.text(name) !== undefined);
  const jwksUrl = reader.url('AUTH_JWKS_URL', ['http:', 'https:']);
  const [issuer, audience] = [reader.text('AUTH_ISSUER'), reader.text('AUTH_AUDIENCE')];
  const organizationClaim = reader.text('AUTH_ORG_CLAIM') ?? '';
  const roleClaim = reader.text('AUTH_ROLE_CLAIM') ?? '';
  if (given.length === 0) return undefined;
  for (const name of names) {
    if (!given.includes(name)) {
      reader.conflict(
        name,
        `is not set, but ${given.join(' and ')} ${given.length > 1 ? 'are' : 'is'}`,
        'all three, or none',
      );
    }
  }
  if (jwksUrl === undefined || issuer === undefined || audience === undefined) return undefined;
  return { jwksUrl, issuer, audience, organizationClaim, roleClaim };
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const child of Object.values(value)) {
    if (typeof child === 'object' && child !== null) deepFreeze(child);
  }
  return Object.freeze(value);
}
