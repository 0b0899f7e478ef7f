/** The program's configuration: pure and frozen. `env.ts` reads the environment; `parseConfig` checks it. */

import { leastKeptDays } from '../domain/audit/trail.ts';
import { isUuid } from '../domain/ids.ts';
import { type NamedLocalModel, namedLocalModels, type Preset, type Provider } from '../domain/model.ts';
import type { ShownVariable } from '../domain/operations/server-facts.ts';
import { type UnknownParameters, unknownParameterChoices } from '../domain/request/openai-parameters.ts';
import { isBasePath } from '../domain/text/base-path.ts';
import { isLoopback } from '../domain/text/loopback.ts';
import { isOrigin } from '../domain/text/origin.ts';
import { trimSlashes } from '../domain/text/trimming.ts';
import { isVaried } from '../domain/text/varied.ts';
import type { Catalog } from './catalog.ts';
import type { ConfigProblem } from './problems.ts';
import { type ProxiesConfig, readProxies } from './proxies.ts';
import {
  createReader,
  isHost,
  normalizeNetwork,
  type RawEnvironment,
  type Reader,
  showVariables,
} from './reader.ts';
import { readSignIn, type SignInConfig } from './sign-in.ts';
import { readTracing, type TracingConfig } from './tracing.ts';
import { findUnknownVariables } from './unknown-variables.ts';
import { listServerVariables, listVariables, type ServerVariable, serverVariables } from './variables.ts';

export interface Config {
  readonly host: string;
  /** 0 to 65535; 0 lets the system choose. */
  readonly port: number;
  readonly dataDir: string;
  /** `postgres://…`; absent: SQLite in the data directory. */
  readonly databaseUrl: string | undefined;
  /** The most connections to PostgreSQL at once. */
  readonly databasePoolSize: number;
  /** `redis://…`; only together with `databaseUrl`. */
  readonly redisUrl: string | undefined;
  /** The operator's key, `sk_admin_…`. Absent: it is made on the first start and kept in the data directory. */
  readonly adminKey: string | undefined;
  /** Signs tokens and encrypts provider keys. Absent: it is made on the first start and kept in the data directory. */
  readonly secret: string | undefined;
  /** Earlier secrets, which only verify tokens and decrypt. */
  readonly previousSecrets: readonly string[];
  readonly providers: ProvidersConfig;
  /** The values of the variables that `providers.*.apiKeyEnv` name. */
  readonly providerKeys: Readonly<Record<string, string>>;
  /**
   * The model that runs in the server, from `COLLOQUY_LOCAL_MODEL`. Unset: `off` where a provider is set up, else
   * `qwen2.5-0.5b`.
   */
  readonly localModel: LocalModelConfig;
  readonly modelTimeouts: ModelTimeouts;
  /** How often a model call is retried while nothing has been received. */
  readonly modelMaxRetries: number;
  readonly search: SearchConfig;
  /** The path of a PEM file with certificates of authorities that are trusted, too. */
  readonly extraAuthorities?: string;
  /** The proxies through which the outside is reached; absent for none. */
  readonly proxies?: ProxiesConfig;
  /** The identity provider whose tokens are accepted as those of members; absent for none. */
  readonly identityProvider?: IdentityProviderConfig;
  /** How people sign in to the console. */
  readonly signIn: SignInConfig;
  /** The organization that requests without a credential act for: its id in lower case, `default`, or `off`. */
  readonly anonymousOrg: string | undefined;
  /** The origins whose pages may send requests without a credential, besides the server's own. */
  readonly anonymousOrigins: readonly string[];
  /** A list of CIDR networks of proxies whose `X-Forwarded-…` headers are believed. */
  readonly trustedProxies: readonly string[];
  /** The path below which clients see the server, such as `/chat`; empty: there is none. */
  readonly basePath: string;
  /** Whether models name new conversations, in a call of their own after the first answer. */
  readonly titles: boolean;
  /** Whether models summarise what no longer fits, where an organization sets nothing. */
  readonly summaries: boolean;
  readonly tokenTtlSeconds: number;
  /** What becomes of parameters that OpenAI's API does not have. */
  readonly unknownParameters: UnknownParameters;
  /** Of what is not stored for good. */
  readonly ephemeral: { readonly ttlMs: number; readonly abandonMs: number };
  /** How long the audit trail is kept. */
  readonly auditDays: number;
  readonly leaseMs: number;
  readonly shutdownGraceMs: number;
  /** When the server refuses new work. */
  readonly overload: OverloadConfig;
  /** Where traces are sent; absent: there are none. */
  readonly tracing?: TracingConfig;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** What the variables hold, for people. */
  readonly shown: readonly ShownVariable[];
}

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** `auto`: readable on a terminal, JSON elsewhere. */
export const logFormats = ['auto', 'json', 'pretty'] as const;
export type LogFormat = (typeof logFormats)[number];

export interface OverloadConfig {
  /** Milliseconds of the event loop's delay; 0: it does not count. */
  readonly loopDelayMs: number;
  /** Percent of the memory; 0: it does not count. */
  readonly memoryPercent: number;
}

export interface ModelTimeouts {
  readonly connectMs: number;
  readonly firstTokenMs: number;
  readonly idleMs: number;
  readonly maxWaitMs: number;
}

export interface ProviderConfig {
  /** The variable's value without a slash at the end; absent for the provider's own address. */
  readonly baseUrl: string | undefined;
  readonly apiKeyEnv: string | undefined;
  /** The models that it offers; the first is the default. Empty: those of the provider's list, else its default model. */
  readonly models: readonly string[];
}

/** The providers whose key or address the environment holds. */
export type ProvidersConfig = { readonly [Name in Provider | Preset]?: ProviderConfig };

export type LocalModelConfig =
  | { readonly kind: 'off' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'named'; readonly name: NamedLocalModel };

export interface SearchConfig {
  /** What the variables of the search engines hold, by the engine's name; only for those that are set. */
  readonly engines: Readonly<Record<string, string>>;
  /** A list of CIDR networks that are not public and that pages may be read from all the same. */
  readonly allowedNetworks: readonly string[];
}

export interface IdentityProviderConfig {
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
  /** The names of the claims that hold organization and role. */
  readonly organizationClaim: string;
  readonly roleClaim: string;
}

/** Either a whole, frozen configuration, or everything that is wrong with the environment. */
export type ParsedConfig =
  | { readonly config: Config; readonly problems?: never; readonly files?: never }
  | { readonly problems: readonly ConfigProblem[]; readonly files: NamedFiles; readonly config?: never };

/** The files and directories that `checkFiles` checks. */
export type NamedFiles = Pick<Config, 'dataDir' | 'localModel' | 'extraAuthorities'>;

type ServerReader = Reader<ServerVariable>;

/**
 * Checks an environment. An empty or blank variable counts as unset; blanks around a value are not part of it.
 * Pure: whether files and directories are there is for `checkFiles`.
 */
export function parseConfig(environment: RawEnvironment, catalog: Catalog): ParsedConfig {
  const problems: ConfigProblem[] = [];
  const variables = listVariables(catalog);
  const reader = createReader(environment, serverVariables, problems);
  const catalogReader = createReader(environment, variables, problems);
  const databaseUrl = reader.url('DATABASE_URL', ['postgres:', 'postgresql:']);
  const redisUrl = reader.url('REDIS_URL', ['redis:', 'rediss:']);
  if (redisUrl !== undefined && reader.text('DATABASE_URL') === undefined) {
    reader.conflict('REDIS_URL', 'is set without DATABASE_URL', 'both (several servers), or neither (one)');
  }
  const providers = readProviders(catalogReader, catalog);
  const identityProvider = readIdentityProvider(reader);
  const tracing = readTracing(reader);
  const proxies = readProxies(environment, problems);
  const extraAuthorities = reader.text('NODE_EXTRA_CA_CERTS');
  const config: Config = {
    host: readHost(reader),
    port: reader.integer('PORT', 0, 65_535),
    dataDir: reader.text('DATA_DIR') ?? '',
    databaseUrl,
    databasePoolSize: reader.integer('DATABASE_POOL_SIZE', 1, 1000),
    redisUrl,
    adminKey: reader.secret('COLLOQUY_ADMIN_KEY', /^sk_admin_[!-~]{16,}$/, (key) =>
      isVaried(key.slice('sk_admin_'.length)),
    ),
    secret: reader.secret('COLLOQUY_SECRET', /^.{16,}$/su, isVaried),
    previousSecrets: readPreviousSecrets(reader),
    ...providers,
    localModel: readLocalModel(reader, Object.keys(providers.providers).length > 0),
    modelTimeouts: {
      connectMs: reader.integer('MODEL_CONNECT_TIMEOUT_MS', 1, 3_600_000),
      firstTokenMs: reader.integer('MODEL_FIRST_TOKEN_TIMEOUT_MS', 1, 3_600_000),
      idleMs: reader.integer('MODEL_IDLE_TIMEOUT_MS', 1, 3_600_000),
      maxWaitMs: reader.integer('MODEL_MAX_WAIT_MS', 1, 86_400_000),
    },
    modelMaxRetries: reader.integer('MODEL_MAX_RETRIES', 0, 10),
    search: {
      engines: readEngines(catalogReader, catalog),
      allowedNetworks: readNetworks(reader, 'INTERNET_ALLOWED_NETWORKS'),
    },
    ...(extraAuthorities && { extraAuthorities }),
    ...(proxies && { proxies }),
    ...(tracing && { tracing }),
    ...(identityProvider && { identityProvider }),
    signIn: readSignIn(reader),
    anonymousOrg: readAnonymousOrg(reader),
    anonymousOrigins: readOrigins(reader),
    basePath: readBasePath(reader),
    trustedProxies: readNetworks(reader, 'TRUSTED_PROXIES'),
    tokenTtlSeconds: reader.integer('TOKEN_TTL_SECONDS', 1, 31_536_000),
    unknownParameters: reader.oneOf('OPENAI_UNKNOWN_PARAMETERS', unknownParameterChoices, 'refuse'),
    ephemeral: {
      ttlMs: 1000 * reader.integer('EPHEMERAL_TTL_SECONDS', 60, 86_400),
      abandonMs: 1000 * reader.integer('EPHEMERAL_ABANDON_SECONDS', 0, 86_400),
    },
    auditDays: reader.integer('AUDIT_RETENTION_DAYS', leastKeptDays.others, 3650),
    titles: reader.oneOf('COLLOQUY_TITLES', ['on', 'off'], 'on') === 'on',
    summaries: reader.oneOf('COLLOQUY_SUMMARIES', ['on', 'off'], 'on') === 'on',
    leaseMs: reader.integer('LEASE_MS', 100, 600_000),
    shutdownGraceMs: reader.integer('SHUTDOWN_GRACE_MS', 0, 3_600_000),
    overload: {
      loopDelayMs: reader.integer('OVERLOAD_LOOP_DELAY_MS', 0, 60_000),
      memoryPercent: reader.integer('OVERLOAD_MEMORY_PERCENT', 0, 99),
    },
    logLevel: reader.oneOf('LOG_LEVEL', logLevels, 'info'),
    logFormat: reader.oneOf('LOG_FORMAT', logFormats, 'auto'),
    shown: showVariables(environment, listServerVariables(catalog)),
  };
  problems.push(...findUnknownVariables(environment, Object.keys(variables)));
  if (problems.length === 0) return { config: deepFreeze(config) };
  const { dataDir, localModel } = config;
  return { problems, files: { dataDir, localModel, ...(extraAuthorities && { extraAuthorities }) } };
}

function readHost(reader: ServerReader): string {
  const host = reader.text('HOST') ?? '';
  if (!isHost(host)) reader.reject('HOST');
  return host;
}

/** Uniform ones are taken: earlier versions took them as COLLOQUY_SECRET, and they have to be replaced by another. */
function readPreviousSecrets(reader: ServerReader): readonly string[] {
  const text = reader.secret('COLLOQUY_SECRET_PREVIOUS', /^.*$/su) ?? '';
  const secrets = readJsonList(text) ?? reader.list('COLLOQUY_SECRET_PREVIOUS');
  if (secrets.every((secret) => /^.{16,}$/su.test(secret))) return secrets;
  reader.reject('COLLOQUY_SECRET_PREVIOUS');
  return [];
}

function readJsonList(text: string): readonly string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((one) => typeof one === 'string') ? list : undefined;
  } catch {
    return undefined;
  }
}

/** A provider without a key and an address is left out. */
function readProviders(reader: Reader, catalog: Catalog): Pick<Config, 'providers' | 'providerKeys'> {
  const providers: { [Name in Provider | Preset]?: ProviderConfig } = {};
  const providerKeys: Record<string, string> = {};
  for (const { name, variables } of catalog.providers) {
    const key = variables.apiKey && readApiKey(reader, variables.apiKey);
    const baseUrl = variables.baseUrl && readBaseUrl(reader, variables.baseUrl);
    if (variables.baseUrl && variables.baseUrlSuffix && baseUrl?.endsWith(variables.baseUrlSuffix)) {
      reader.reject(variables.baseUrl);
    }
    if (key === undefined && baseUrl === undefined) continue;
    if (variables.apiKey && key) providerKeys[variables.apiKey] = key;
    providers[name] = { baseUrl, apiKeyEnv: key && variables.apiKey, models: reader.list(variables.models) };
  }
  return { providers, providerKeys };
}

function readEngines(reader: Reader, catalog: Catalog): Readonly<Record<string, string>> {
  const engines: Record<string, string> = {};
  for (const { name, variable } of catalog.engines) {
    const read = variable.holds === 'address' ? readBaseUrl : readApiKey;
    const value = read(reader, variable.name);
    if (value !== undefined) engines[name] = value;
  }
  return engines;
}

function readApiKey(reader: Reader, name: string): string | undefined {
  return reader.secret(name, /^[!#-&(-~]+$/);
}

/** Reads an address, and removes slashes at its end. */
function readBaseUrl(reader: Reader, name: string): string | undefined {
  const url = reader.url(name, ['http:', 'https:']);
  if (url !== undefined && /[?#]/.test(url)) reader.reject(name);
  return url && trimSlashes(url);
}

function readLocalModel(reader: ServerReader, hasProvider: boolean): LocalModelConfig {
  const value = reader.text('COLLOQUY_LOCAL_MODEL') ?? (hasProvider ? 'off' : 'qwen2.5-0.5b');
  if (value === 'off') return { kind: 'off' };
  const name = namedLocalModels.find((known) => known === value);
  if (name !== undefined) return { kind: 'named', name };
  if (value.includes('://')) {
    const url = reader.url('COLLOQUY_LOCAL_MODEL', ['http:', 'https:']) ?? '';
    if (url !== '' && !isModelAddress(new URL(url))) reader.reject('COLLOQUY_LOCAL_MODEL');
    return { kind: 'url', url };
  }
  // A bare word is more likely a mistyped model name than a file in the working directory.
  if (!/[/\\]|\.gguf$/i.test(value)) reader.reject('COLLOQUY_LOCAL_MODEL');
  return { kind: 'file', path: value };
}

/** Without TLS anybody on the way could put another file in its place. */
function isModelAddress({ protocol, hostname, hash }: URL): boolean {
  return (protocol === 'https:' || isLoopback(hostname)) && /^(?:#sha256=[0-9a-f]{64})?$/i.test(hash);
}

function readNetworks(
  reader: ServerReader,
  name: 'INTERNET_ALLOWED_NETWORKS' | 'TRUSTED_PROXIES',
): readonly string[] {
  const networks = reader.list(name).map(normalizeNetwork);
  if (networks.includes(undefined)) reader.reject(name);
  return networks.filter((network) => network !== undefined);
}

function readBasePath(reader: ServerReader): string {
  const basePath = trimSlashes(reader.text('BASE_PATH') ?? '');
  if (basePath !== '' && !isBasePath(basePath)) reader.reject('BASE_PATH');
  return basePath;
}

function readAnonymousOrg(reader: ServerReader): string | undefined {
  const organization = reader.text('ANONYMOUS_ORG')?.toLowerCase();
  if (organization && !['default', 'off'].includes(organization) && !isUuid(organization)) {
    reader.reject('ANONYMOUS_ORG');
  }
  return organization;
}

function readOrigins(reader: ServerReader): readonly string[] {
  const origins = reader.list('ANONYMOUS_ORIGINS');
  if (!origins.every(isOrigin)) reader.reject('ANONYMOUS_ORIGINS');
  return origins;
}

function readIdentityProvider(reader: ServerReader): IdentityProviderConfig | undefined {
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
