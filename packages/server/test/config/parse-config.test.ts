/** `parseConfig`: defaults, every rule, all problems at once, nothing secret in what is printed. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { catalog } from '../../src/catalog.ts';
import { type Config, parseConfig as parse } from '../../src/config/config.ts';
import { exitCodeOfBadConfig, formatProblems } from '../../src/config/problems.ts';

type Env = Record<string, string | undefined>;

const parseConfig = (env: Env) => parse(env, catalog);

function configOf(env: Env): Config {
  const { config, problems } = parseConfig(env);
  assert.deepEqual(problems, undefined);
  assert.ok(config);
  return config;
}

function namesOfProblems(env: Env): string[] {
  return (parseConfig(env).problems ?? []).map(({ name }) => name);
}

const uuid = '0190c0de-0000-7000-8000-00000000ABCD';

test('an empty environment gives the defaults', () => {
  const { shown, ...config } = configOf({});
  assert.deepEqual(config, {
    host: '127.0.0.1',
    port: 8080,
    dataDir: './data',
    databaseUrl: undefined,
    databasePoolSize: 10,
    redisUrl: undefined,
    adminKey: undefined,
    secret: undefined,
    previousSecrets: [],
    providers: {},
    providerKeys: {},
    localModel: { kind: 'named', name: 'qwen2.5-0.5b' },
    modelTimeouts: { connectMs: 10_000, firstTokenMs: 120_000, idleMs: 60_000, maxWaitMs: 600_000 },
    modelMaxRetries: 2,
    search: { engines: {}, allowedNetworks: [] },
    signIn: { takesPasswords: true },
    anonymousOrg: undefined,
    anonymousOrigins: [],
    basePath: '',
    trustedProxies: [],
    titles: true,
    summaries: true,
    tokenTtlSeconds: 3600,
    unknownParameters: 'refuse',
    ephemeral: { ttlMs: 600_000, abandonMs: 15_000 },
    auditDays: 400,
    leaseMs: 10_000,
    shutdownGraceMs: 30_000,
    overload: { loopDelayMs: 500, memoryPercent: 90 },
    logLevel: 'info',
    logFormat: 'auto',
  } satisfies Omit<Config, 'shown'>);
  assert.equal(
    shown.some(({ isSet }) => isSet),
    false,
  );
});

test('an empty or blank variable counts as unset', () => {
  const blank = {
    PORT: '',
    HOST: '  ',
    COLLOQUY_SECRET: '',
    COLLOQUY_TYPO: '',
    OPENAI_API_KEY: ' ',
    REDIS_URL: '',
  };
  assert.deepEqual(configOf(blank), configOf({}));
});

test('the configuration is frozen all the way down', () => {
  const config = configOf({ OPENAI_API_KEY: 'sk-1', OPENAI_MODEL: 'a,b' });
  assert.throws(() => Object.assign(config, { port: 1 }), TypeError);
  assert.throws(() => Object.assign(config.modelTimeouts, { idleMs: 1 }), TypeError);
  assert.throws(() => Object.assign(config.providers.openai?.models ?? [], ['c']), TypeError);
});

describe('what is accepted', () => {
  const cases: readonly (readonly [Env, Partial<Config>])[] = [
    [
      { HOST: '::1', PORT: '0' },
      { host: '::1', port: 0 },
    ],
    [
      { HOST: 'chat.example.org', PORT: '65535' },
      { host: 'chat.example.org', port: 65_535 },
    ],
    [
      { DATABASE_URL: 'postgres:///colloquy?host=/run/postgresql' },
      { databaseUrl: 'postgres:///colloquy?host=/run/postgresql' },
    ],
    [
      { DATABASE_URL: 'postgresql://u:p@db/c', REDIS_URL: 'rediss://cache:6380', DATABASE_POOL_SIZE: '3' },
      { databaseUrl: 'postgresql://u:p@db/c', redisUrl: 'rediss://cache:6380', databasePoolSize: 3 },
    ],
    [{ COLLOQUY_SECRET: 'sixteen letters!' }, { secret: 'sixteen letters!' }],
    [
      { COLLOQUY_SECRET_PREVIOUS: ' aaaaaaaaaaaaaaaa , sixteen letters!,' },
      { previousSecrets: ['aaaaaaaaaaaaaaaa', 'sixteen letters!'] },
    ],
    [
      { COLLOQUY_SECRET_PREVIOUS: '["sixteen, letters", "[another, one of 16"]' },
      { previousSecrets: ['sixteen, letters', '[another, one of 16'] },
    ],
    [{ COLLOQUY_SECRET_PREVIOUS: '[no list of JSON' }, { previousSecrets: ['[no list of JSON'] }],
    ...[
      `https://host/m.gguf#sha256=${'aB'.repeat(32)}`,
      'http://localhost:1/m.gguf',
      'http://127.0.0.1/m.gguf',
    ].map((url) => [{ COLLOQUY_LOCAL_MODEL: url }, { localModel: { kind: 'url' as const, url } }] as const),
    [{ COLLOQUY_ADMIN_KEY: 'sk_admin_0123456789abcdef' }, { adminKey: 'sk_admin_0123456789abcdef' }],
    [
      { OPENAI_API_KEY: ' sk-abc ', OPENAI_MODEL: 'one, two,,one' },
      {
        providers: { openai: { baseUrl: undefined, apiKeyEnv: 'OPENAI_API_KEY', models: ['one', 'two'] } },
        providerKeys: { OPENAI_API_KEY: 'sk-abc' },
        localModel: { kind: 'off' },
      },
    ],
    [
      { OPENAI_BASE_URL: 'http://127.0.0.1:8000/v1/' },
      {
        providers: { openai: { baseUrl: 'http://127.0.0.1:8000/v1', apiKeyEnv: undefined, models: [] } },
        providerKeys: {},
      },
    ],
    [
      { OLLAMA_BASE_URL: 'http://127.0.0.1:11434', COLLOQUY_LOCAL_MODEL: 'qwen2.5-1.5b' },
      {
        providers: { ollama: { baseUrl: 'http://127.0.0.1:11434', apiKeyEnv: undefined, models: [] } },
        localModel: { kind: 'named', name: 'qwen2.5-1.5b' },
      },
    ],
    [{ ANTHROPIC_MODEL: 'of another program' }, { providers: {} }],
    [{ COLLOQUY_LOCAL_MODEL: 'off' }, { localModel: { kind: 'off' } }],
    [{ COLLOQUY_LOCAL_MODEL: 'tiny.gguf' }, { localModel: { kind: 'file', path: 'tiny.gguf' } }],
    [{ COLLOQUY_LOCAL_MODEL: '/models/blob' }, { localModel: { kind: 'file', path: '/models/blob' } }],
    [
      { COLLOQUY_LOCAL_MODEL: 'https://host/m.gguf?x=1' },
      { localModel: { kind: 'url', url: 'https://host/m.gguf?x=1' } },
    ],
    [{ ANONYMOUS_ORG: uuid }, { anonymousOrg: uuid.toLowerCase() }],
    [{ ANONYMOUS_ORG: 'default' }, { anonymousOrg: 'default' }],
    [
      {
        ANONYMOUS_ORG: 'OFF',
        ANONYMOUS_ORIGINS: 'https://a.example, http://b.example:8080',
        TRUSTED_PROXIES: '10.0.0.1',
      },
      {
        anonymousOrg: 'off',
        anonymousOrigins: ['https://a.example', 'http://b.example:8080'],
        trustedProxies: ['10.0.0.1/32'],
      },
    ],
    [
      { INTERNET_ALLOWED_NETWORKS: '10.0.0.0/8, ::1,127.0.0.1' },
      {
        search: {
          engines: {},
          allowedNetworks: ['10.0.0.0/8', '::1/128', '127.0.0.1/32'],
        },
      },
    ],
    [
      {
        AUTH_JWKS_URL: 'https://id/jwks',
        AUTH_ISSUER: 'https://id/',
        AUTH_AUDIENCE: 'colloquy',
        AUTH_ROLE_CLAIM: 'r',
      },
      {
        identityProvider: {
          jwksUrl: 'https://id/jwks',
          issuer: 'https://id/',
          audience: 'colloquy',
          organizationClaim: 'org_id',
          roleClaim: 'r',
        },
      },
    ],
    [{ COLLOQUY_REQUIRE_SERVICES: '1' }, {}],
    [
      {
        COLLOQUY_SERVICE_HOST: '10.0.0.1',
        COLLOQUY_PORT: 'tcp://10.0.0.1:80',
        COLLOQUY_PORT_80_TCP_ADDR: '10.0.0.1',
      },
      {},
    ],
  ];
  for (const [env, expected] of cases) {
    test(JSON.stringify(env), () => {
      const config = configOf(env);
      assert.deepEqual(config, { ...configOf({}), ...config, ...expected });
    });
  }
});

describe('what is refused, by name', () => {
  const cases: readonly (readonly [Env, readonly string[]])[] = [
    ...['-1', '65536', '80.5', '0x50', '1e3', 'eighty'].map((PORT) => [{ PORT }, ['PORT']] as const),
    ...['[::1]', 'a b', '-x', '256.1.1.1', 'http://x'].map((HOST) => [{ HOST }, ['HOST']] as const),
    [{ DATA_DIR: 'a\u0000b' }, ['DATA_DIR']],
    [{ DATABASE_URL: 'mysql://db/c' }, ['DATABASE_URL']],
    [{ DATABASE_URL: 'localhost' }, ['DATABASE_URL']],
    [{ DATABASE_POOL_SIZE: '0' }, ['DATABASE_POOL_SIZE']],
    [{ DATABASE_URL: 'postgres://db/c', REDIS_URL: 'http://cache' }, ['REDIS_URL']],
    [{ REDIS_URL: 'redis://cache' }, ['REDIS_URL']],
    [{ COLLOQUY_SECRET: 'fifteen letters' }, ['COLLOQUY_SECRET']],
    [{ COLLOQUY_SECRET_PREVIOUS: 'sixteen letters!,short' }, ['COLLOQUY_SECRET_PREVIOUS']],
    [{ COLLOQUY_SECRET_PREVIOUS: '["short"]' }, ['COLLOQUY_SECRET_PREVIOUS']],
    ...[
      'a'.repeat(64),
      'ab'.repeat(20),
      'secret12secret12',
      'abcdefghabcdefghabcd',
      '0101 1010 0101 1010',
    ].map((COLLOQUY_SECRET) => [{ COLLOQUY_SECRET }, ['COLLOQUY_SECRET']] as const),
    ...['x'.repeat(32), '1234567812345678', 'changeme'.repeat(4)].map(
      (key) => [{ COLLOQUY_ADMIN_KEY: `sk_admin_${key}` }, ['COLLOQUY_ADMIN_KEY']] as const,
    ),
    ...[
      'http://models.example/m.gguf',
      'https://models.example/m.gguf#sha256=12',
      `https://models.example/m.gguf#md5=${'a'.repeat(64)}`,
    ].map((COLLOQUY_LOCAL_MODEL) => [{ COLLOQUY_LOCAL_MODEL }, ['COLLOQUY_LOCAL_MODEL']] as const),
    [{ COLLOQUY_ADMIN_KEY: 'sk_prod_0123456789abcdef' }, ['COLLOQUY_ADMIN_KEY']],
    [{ COLLOQUY_ADMIN_KEY: 'sk_admin_short' }, ['COLLOQUY_ADMIN_KEY']],
    [{ COLLOQUY_ADMIN_KEY: 'sk_admin_0123456789 abcdef' }, ['COLLOQUY_ADMIN_KEY']],
    [{ OPENAI_API_KEY: '"sk-quoted"' }, ['OPENAI_API_KEY']],
    [{ OPENAI_API_KEY: 'sk-a\nb' }, ['OPENAI_API_KEY']],
    [{ OPENAI_BASE_URL: 'localhost:8000/v1' }, ['OPENAI_BASE_URL']],
    [{ OPENAI_BASE_URL: 'http://localhost/v1?key=x' }, ['OPENAI_BASE_URL']],
    [{ OLLAMA_BASE_URL: 'http://localhost:11434/v1' }, ['OLLAMA_BASE_URL']],
    [{ COLLOQUY_LOCAL_MODEL: 'qwen2.5-7b' }, ['COLLOQUY_LOCAL_MODEL']],
    [{ COLLOQUY_LOCAL_MODEL: 'ftp://host/m.gguf' }, ['COLLOQUY_LOCAL_MODEL']],
    [{ SEARXNG_URL: 'http://' }, ['SEARXNG_URL']],
    [{ ANONYMOUS_ORG: 'acme' }, ['ANONYMOUS_ORG']],
    ...['https://a.example/', '*', 'https://*.a.example', 'null', 'a.example', 'ftp://a.example'].map(
      (ANONYMOUS_ORIGINS) => [{ ANONYMOUS_ORIGINS }, ['ANONYMOUS_ORIGINS']] as const,
    ),
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, ['OTEL_EXPORTER_OTLP_ENDPOINT']],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'x-key' }, ['OTEL_EXPORTER_OTLP_HEADERS']],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'x=%zz' }, ['OTEL_EXPORTER_OTLP_HEADERS']],
    [{ OTEL_TRACES_SAMPLER_ARG: '2' }, ['OTEL_TRACES_SAMPLER_ARG']],
    [{ BASE_PATH: 'chat' }, ['BASE_PATH']],
    [{ BASE_PATH: '/a/../b' }, ['BASE_PATH']],
    [{ BASE_PATH: '/a?b' }, ['BASE_PATH']],
    [{ TRUSTED_PROXIES: 'loopback' }, ['TRUSTED_PROXIES']],
    ...['10.0.0.0/33', 'example.org', '10.0.0.0/8/8', 'fe80::1%eth0/64'].map(
      (INTERNET_ALLOWED_NETWORKS) => [{ INTERNET_ALLOWED_NETWORKS }, ['INTERNET_ALLOWED_NETWORKS']] as const,
    ),
    [{ AUTH_ISSUER: 'https://id/' }, ['AUTH_JWKS_URL', 'AUTH_AUDIENCE']],
    [{ OVERLOAD_MEMORY_PERCENT: '100' }, ['OVERLOAD_MEMORY_PERCENT']],
    [{ OVERLOAD_LOOP_DELAY_MS: '0.5' }, ['OVERLOAD_LOOP_DELAY_MS']],
    [{ LOG_LEVEL: 'INFO' }, ['LOG_LEVEL']],
    [{ LOG_FORMAT: 'yes' }, ['LOG_FORMAT']],
    [{ TOKEN_TTL_SECONDS: '0' }, ['TOKEN_TTL_SECONDS']],
    [{ AUDIT_RETENTION_DAYS: '29' }, ['AUDIT_RETENTION_DAYS']],
    [{ LEASE_MS: '99' }, ['LEASE_MS']],
    [{ SHUTDOWN_GRACE_MS: '-1' }, ['SHUTDOWN_GRACE_MS']],
    [{ MODEL_CONNECT_TIMEOUT_MS: '0' }, ['MODEL_CONNECT_TIMEOUT_MS']],
    [{ MODEL_FIRST_TOKEN_TIMEOUT_MS: '3600001' }, ['MODEL_FIRST_TOKEN_TIMEOUT_MS']],
    [{ MODEL_IDLE_TIMEOUT_MS: '1s' }, ['MODEL_IDLE_TIMEOUT_MS']],
    [{ MODEL_MAX_RETRIES: '11' }, ['MODEL_MAX_RETRIES']],
    [{ COLLOQUY_SECERT: 'x' }, ['COLLOQUY_SECERT']],
  ];
  for (const [env, expected] of cases) {
    test(JSON.stringify(env), () => assert.deepEqual(namesOfProblems(env), expected));
  }
});

test('all problems are told at once, each with its name, what it holds and what is allowed', () => {
  const { problems } = parseConfig({
    PORT: '99999',
    LOG_LEVEL: 'loud',
    COLLOQUY_SECRET: 'short',
    COLLOQUY_PROT: '80',
  });
  assert.equal(
    formatProblems(problems ?? []),
    [
      'Colloquy does not start: 4 settings are wrong.',
      '  PORT: holds "99999"; allowed: a whole number from 0 to 65535 (0: any free port)',
      '  COLLOQUY_SECRET: holds a hidden text of 5 characters; allowed: any text of at least 16 characters, at least 6 of them different, that repeats no shorter one',
      '  LOG_LEVEL: holds "loud"; allowed: fatal, error, warn, info, debug, trace or silent',
      '  COLLOQUY_PROT: is not a setting; allowed: the nearest one, PORT',
      '',
    ].join('\n'),
  );
  assert.equal(exitCodeOfBadConfig, 78);
});

test('an unknown variable names the nearest known one', () => {
  const nearest = (name: string) => formatProblems(parseConfig({ [name]: 'x' }).problems ?? []);
  assert.match(nearest('COLLOQUY_SECERT'), /nearest one, COLLOQUY_SECRET$/m);
  assert.match(nearest('COLLOQUY_LOCALMODEL'), /nearest one, COLLOQUY_LOCAL_MODEL$/m);
  assert.match(nearest('COLLOQUY_PORT'), /nearest one, PORT$/m);
  assert.match(nearest('COLLOQUY_TOKEN_TTL_SECOND'), /nearest one, TOKEN_TTL_SECONDS$/m);
});

test('nothing secret is printed', () => {
  const { problems } = parseConfig({
    COLLOQUY_SECRET: 'hunter2',
    COLLOQUY_ADMIN_KEY: 'hunter2',
    OPENAI_API_KEY: 'hunter2 ',
    MISTRAL_API_KEY: 'hunter2 hunter2',
    DATABASE_URL: 'mysql://root:hunter2@db/c?password=hunter2',
    REDIS_URL: 'root:hunter2@cache',
    SEARXNG_URL: 'ftp://root:hunter2@search',
    COLLOQUY_TOKEN: 'hunter2',
  });
  assert.equal(problems?.length, 7);
  assert.doesNotMatch(formatProblems(problems ?? []), /hunter2/);
});
