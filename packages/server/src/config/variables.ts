/** Every environment variable that the server reads, with its default; `.env.example` lists the same. */

export interface Variable {
  /** What holds when it is unset or empty; `''`: nothing. */
  readonly fallback: string;
  /** What may stand in it, as text that completes "allowed:". */
  readonly allowed: string;
  /** How its value appears in a problem. */
  readonly shown: 'plain' | 'url' | 'secret';
}

const apiKey = {
  fallback: '',
  allowed: 'a key of visible ASCII characters, without blanks and quotes',
  shown: 'secret',
} as const;

const modelList = {
  fallback: '',
  allowed: 'names of models, separated by commas, the first being the default',
  shown: 'plain',
} as const;

const httpUrl = { fallback: '', allowed: 'an http:// or https:// address', shown: 'url' } as const;

const apiBase = {
  ...httpUrl,
  allowed: 'an http:// or https:// address without a query, including /v1 where the API has it',
} as const;

const text = (fallback: string, allowed: string) => ({ fallback, allowed, shown: 'plain' }) as const;

export const variables = {
  HOST: text('127.0.0.1', 'an IP address (IPv6 without brackets) or a host name'),
  PORT: text('8080', 'a whole number from 0 to 65535 (0: any free port)'),
  DATA_DIR: text('./data', "a directory's path"),
  DATABASE_URL: { fallback: '', allowed: 'a postgres:// or postgresql:// address', shown: 'url' },
  DATABASE_POOL_SIZE: text('10', 'a whole number from 1 to 1000'),
  REDIS_URL: { fallback: '', allowed: 'a redis:// or rediss:// address', shown: 'url' },
  COLLOQUY_ADMIN_KEY: {
    fallback: '',
    allowed: 'sk_admin_ followed by at least 16 visible ASCII characters',
    shown: 'secret',
  },
  COLLOQUY_SECRET: { fallback: '', allowed: 'any text of at least 16 characters', shown: 'secret' },

  OPENAI_API_KEY: apiKey,
  OPENAI_BASE_URL: apiBase,
  OPENAI_MODEL: modelList,
  ANTHROPIC_API_KEY: apiKey,
  ANTHROPIC_MODEL: modelList,
  GOOGLE_GENERATIVE_AI_API_KEY: apiKey,
  GOOGLE_MODEL: modelList,
  MISTRAL_API_KEY: apiKey,
  MISTRAL_MODEL: modelList,
  OLLAMA_BASE_URL: { ...httpUrl, allowed: 'an http:// or https:// address of the bare host, without /v1' },
  OLLAMA_MODEL: modelList,
  COLLOQUY_LOCAL_MODEL: {
    fallback: '',
    allowed:
      'off, qwen2.5-0.5b, qwen2.5-1.5b, the path of a GGUF file, or an http:// or https:// address of one',
    shown: 'url',
  },

  MODEL_CONNECT_TIMEOUT_MS: text('10000', 'a whole number of milliseconds from 1 to 3600000'),
  MODEL_FIRST_TOKEN_TIMEOUT_MS: text('120000', 'a whole number of milliseconds from 1 to 3600000'),
  MODEL_IDLE_TIMEOUT_MS: text('60000', 'a whole number of milliseconds from 1 to 3600000'),
  MODEL_MAX_RETRIES: text('2', 'a whole number from 0 to 10'),

  SEARXNG_URL: httpUrl,
  BRAVE_API_KEY: apiKey,
  TAVILY_API_KEY: apiKey,
  INTERNET_ALLOWED_NETWORKS: text('', 'networks as address/prefix, separated by commas, such as 10.1.0.0/16'),

  AUTH_JWKS_URL: httpUrl,
  AUTH_ISSUER: text('', "the identity provider's issuer, as it stands in its tokens"),
  AUTH_AUDIENCE: text('', 'the audience that the tokens are made for'),
  AUTH_ORG_CLAIM: text('org_id', 'the name of a claim'),
  AUTH_ROLE_CLAIM: text('role', 'the name of a claim'),
  COLLOQUY_TITLES: text('on', 'on, or off'),
  ANONYMOUS_ORG: text('', "an organization's id (a UUID), or default"),
  TOKEN_TTL_SECONDS: text('3600', 'a whole number of seconds from 1 to 31536000'),

  LEASE_MS: text('10000', 'a whole number of milliseconds from 100 to 600000'),
  SHUTDOWN_GRACE_MS: text('30000', 'a whole number of milliseconds from 0 to 3600000'),
  LOG_LEVEL: text('info', 'fatal, error, warn, info, debug, trace or silent'),
} as const satisfies Record<string, Variable>;

export type VariableName = keyof typeof variables;

/** Variables of the project's own scripts and tests, which a server started by them inherits. */
export const toolingVariables: readonly string[] = ['COLLOQUY_REQUIRE_SERVICES'];
