/**
 * Every environment variable that the program reads, with its default; `.env.example` lists the same. The variables of
 * providers and search engines come from the catalog.
 */
import { leastKeptDays } from '../domain/audit/trail.ts';
import { namedLocalModels } from '../domain/model.ts';
import type { Catalog } from './catalog.ts';

export interface Variable {
  /** The value where the variable is unset or empty; `''`: none. */
  readonly fallback: string;
  /** What the variable may hold, as text that completes "allowed:". */
  readonly allowed: string;
  /** How a problem shows the value. */
  readonly shown: 'plain' | 'url' | 'secret';
}

const apiKey: Variable = {
  fallback: '',
  allowed: 'a key of visible ASCII characters, without blanks and quotes',
  shown: 'secret',
};

const modelList: Variable = {
  fallback: '',
  allowed: 'names of models, separated by commas, the first being the default',
  shown: 'plain',
};

const httpUrl = { fallback: '', allowed: 'an http:// or https:// address', shown: 'url' } as const;

const proxy = {
  fallback: '',
  allowed:
    'the http:// or https:// address of a proxy, with user:password@ where it needs them; socks is not supported',
  shown: 'url',
} as const;

const text = (fallback: string, allowed: string) => ({ fallback, allowed, shown: 'plain' }) as const;

const placeVariables = {
  HOST: text('127.0.0.1', 'an IP address (IPv6 without brackets) or a host name'),
  PORT: text('8080', 'a whole number from 0 to 65535 (0: any free port)'),
  DATA_DIR: text('./data', "a directory's path"),
  DATABASE_URL: { fallback: '', allowed: 'a postgres:// or postgresql:// address', shown: 'url' },
  DATABASE_POOL_SIZE: text('10', 'a whole number from 1 to 1000'),
  REDIS_URL: { fallback: '', allowed: 'a redis:// or rediss:// address', shown: 'url' },
  COLLOQUY_ADMIN_KEY: {
    fallback: '',
    allowed: 'sk_admin_ followed by at least 16 visible ASCII characters, at least 6 of them different',
    shown: 'secret',
  },
  COLLOQUY_SECRET: {
    fallback: '',
    allowed: 'any text of at least 16 characters, at least 6 of them different, that repeats no shorter one',
    shown: 'secret',
  },
  COLLOQUY_SECRET_PREVIOUS: {
    fallback: '',
    allowed:
      'earlier secrets of at least 16 characters, separated by commas, or as a JSON list where one has a comma',
    shown: 'secret',
  },
} as const satisfies Record<string, Variable>;

const modelVariables = {
  COLLOQUY_LOCAL_MODEL: {
    fallback: '',
    allowed: `off, ${namedLocalModels.join(', ')}, the path of a GGUF file, or an https:// address of one (http:// on this machine only), which may end with #sha256=<64 hexadecimal digits>`,
    shown: 'url',
  },

  MODEL_CONNECT_TIMEOUT_MS: text('10000', 'a whole number of milliseconds from 1 to 3600000'),
  MODEL_FIRST_TOKEN_TIMEOUT_MS: text('120000', 'a whole number of milliseconds from 1 to 3600000'),
  MODEL_IDLE_TIMEOUT_MS: text('60000', 'a whole number of milliseconds from 1 to 3600000'),
  MODEL_MAX_WAIT_MS: text('600000', 'a whole number of milliseconds from 1 to 86400000'),
  MODEL_MAX_RETRIES: text('2', 'a whole number from 0 to 10'),
} as const satisfies Record<string, Variable>;

const otherVariables = {
  INTERNET_ALLOWED_NETWORKS: text('', 'networks as address/prefix, separated by commas, such as 10.1.0.0/16'),

  HTTPS_PROXY: proxy,
  HTTP_PROXY: proxy,
  ALL_PROXY: proxy,
  NO_PROXY: text(
    '',
    'names (example.com, with those below it), addresses and networks (10.0.0.0/8), each with a :port or without, separated by commas; or *',
  ),
  NODE_EXTRA_CA_CERTS: text('', "a file's path"),

  AUTH_JWKS_URL: httpUrl,
  AUTH_ISSUER: text('', "the identity provider's issuer, as it stands in its tokens"),
  AUTH_AUDIENCE: text('', 'the audience that the tokens are made for'),
  AUTH_ORG_CLAIM: text('org_id', 'the name of a claim'),
  AUTH_ROLE_CLAIM: text('role', 'the name of a claim'),
  OIDC_ISSUER: {
    fallback: '',
    allowed: 'an https:// address (http:// on this machine only) without a query',
    shown: 'url',
  },
  OIDC_CLIENT_ID: text('', 'the id that the OpenID provider knows this server by'),
  OIDC_CLIENT_SECRET: { fallback: '', allowed: 'visible ASCII characters', shown: 'secret' },
  OIDC_LABEL: text('Single sign-on', 'a few words'),
  PASSWORD_SIGN_IN: text('on', 'on, or off where OIDC_ISSUER is set'),
  COLLOQUY_TITLES: text('on', 'on, or off'),
  COLLOQUY_SUMMARIES: text('on', 'on, or off'),
  ANONYMOUS_ORG: text('', "an organization's id (a UUID), default, or off"),
  ANONYMOUS_ORIGINS: text(
    '',
    'origins as browsers send them, separated by commas, such as https://www.example.com',
  ),
  BASE_PATH: text('', 'a path such as /chat, of letters, digits and - . _ ~ between slashes'),
  PUBLIC_URL: {
    fallback: '',
    allowed: 'the http:// or https:// address of this server as browsers know it, without a query',
    shown: 'url',
  },
  TRUSTED_PROXIES: text('', 'networks as address/prefix, separated by commas, such as 10.1.0.0/16'),
  TOKEN_TTL_SECONDS: text('3600', 'a whole number of seconds from 1 to 31536000'),
  EPHEMERAL_TTL_SECONDS: text('600', 'a whole number of seconds from 60 to 86400'),
  EPHEMERAL_ABANDON_SECONDS: text('15', 'a whole number of seconds from 0 (never) to 86400'),
  OPENAI_UNKNOWN_PARAMETERS: text('refuse', 'refuse, or ignore'),
  AUDIT_RETENTION_DAYS: text('400', `a whole number of days from ${leastKeptDays.others} to 3650`),

  LEASE_MS: text('10000', 'a whole number of milliseconds from 100 to 600000'),
  SHUTDOWN_GRACE_MS: text('30000', 'a whole number of milliseconds from 0 to 3600000'),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl,
  OTEL_EXPORTER_OTLP_HEADERS: {
    fallback: '',
    allowed: 'headers as name=value, separated by commas, with percent-encoded values',
    shown: 'secret',
  },
  OTEL_SERVICE_NAME: text('colloquy', 'a name'),
  OTEL_TRACES_SAMPLER_ARG: text('1', 'a number from 0 to 1'),
  OVERLOAD_LOOP_DELAY_MS: text('500', 'a whole number of milliseconds from 0 (never) to 60000'),
  OVERLOAD_MEMORY_PERCENT: text('90', 'a whole number from 0 (never) to 99'),
  LOG_LEVEL: text('info', 'fatal, error, warn, info, debug, trace or silent'),
  LOG_FORMAT: text('auto', 'auto, json or pretty'),
} as const satisfies Record<string, Variable>;

const commandLineVariables = {
  COLLOQUY_URL: httpUrl,
  COLLOQUY_API_KEY: apiKey,
} as const satisfies Record<string, Variable>;

/** The variables that belong to no provider and no search engine. */
export const serverVariables = {
  ...placeVariables,
  ...modelVariables,
  ...otherVariables,
  ...commandLineVariables,
};

export type ServerVariable = keyof typeof serverVariables;

/** All variables, in the order of `.env.example`. */
export function listVariables(catalog: Catalog): Readonly<Record<string, Variable>> {
  return { ...listServerVariables(catalog), ...commandLineVariables };
}

/** Those that the server itself reads. */
export function listServerVariables(catalog: Catalog): Readonly<Record<string, Variable>> {
  return {
    ...placeVariables,
    ...providerVariables(catalog),
    ...modelVariables,
    ...engineVariables(catalog),
    ...otherVariables,
  };
}

function providerVariables({ providers }: Catalog): Readonly<Record<string, Variable>> {
  const entries = providers.flatMap(({ variables: { apiKey: key, baseUrl, baseUrlSuffix, models } }) => [
    ...(key === undefined ? [] : [[key, apiKey] as const]),
    ...(baseUrl === undefined ? [] : [[baseUrl, apiBase(baseUrlSuffix)] as const]),
    [models, modelList] as const,
  ]);
  return Object.fromEntries(entries);
}

function apiBase(suffix: string | undefined): Variable {
  const allowed =
    suffix === undefined
      ? 'an http:// or https:// address without a query, including /v1 where the API has it'
      : `an http:// or https:// address of the bare host, without ${suffix}`;
  return { ...httpUrl, allowed };
}

function engineVariables({ engines }: Catalog): Readonly<Record<string, Variable>> {
  const byKind = { 'api-key': apiKey, address: httpUrl };
  return Object.fromEntries(engines.map(({ variable: { name, holds } }) => [name, byKind[holds]]));
}

/** Variables of the project's own scripts and tests, which a server that they start inherits. */
export const toolingVariables: readonly string[] = ['COLLOQUY_REQUIRE_SERVICES'];
