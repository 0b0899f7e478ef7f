/** The HTTP side on a real store and engine, called below `/api/admin`. */
import assert from 'node:assert/strict';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { pino } from 'pino';
import { type Authenticator, createAuthenticator } from '../../../src/auth/authenticator.ts';
import type { ModelRecord } from '../../../src/domain/model.ts';
import { oneSecret } from '../../../src/domain/secrets/secret-ring.ts';
import type { Engine } from '../../../src/generation/engine.ts';
import type { AdminDependencies, ModelTest } from '../../../src/http/admin/dependencies.ts';
import { createApp } from '../../../src/http/app.ts';
import type { Store, StoreEngine } from '../../../src/store/store.ts';
import { type EngineHarness, startEngineHarness } from '../../generation/engines.ts';

export const operatorKey = 'sk_admin_operator-of-the-tests-0123456789';
export const serverSecret = 'the secret of the tests, long enough';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read the fields of answers.
  readonly body: any;
  readonly headers: LightMyRequestResponse['headers'];
  readonly text: string;
}

export interface AdminTestApp extends AsyncDisposable {
  readonly store: Store;
  readonly dataDir: string;
  readonly authenticator: Authenticator;
  readonly engine: Engine;
  /** The engine's harness, with its organization, model and persona. */
  readonly harness: EngineHarness;
  /** The records that `POST …/test` was asked to call. */
  readonly tested: ModelRecord[];
  /** What the next tests of models find; undefined: they answer. */
  nextTest: ModelTest | undefined;
  /** What a look at a provider's server finds. By default nothing is there. */
  discover: AdminDependencies['discoverModels'];
  /** Milliseconds that the clock is ahead. */
  skew: number;
  /** A call below `/api/admin`, as the operator unless `key` says otherwise; null: without a credential. */
  call(method: Method, path: string, body?: unknown, key?: string | null): Promise<Answer>;
  /** Does the same as `call`, with further options of a request. */
  inject(options: InjectOptions): Promise<Answer>;
  /** Makes an organization; gives its id. */
  organization(name?: string): Promise<string>;
  /** Makes a model of an organization; gives its id. */
  model(organizationId: string, more?: object): Promise<string>;
  /** Makes a key of an organization. */
  key(
    organizationId: string,
    type: 'test' | 'prod' | 'admin',
    more?: object,
  ): Promise<{ id: string; key: string }>;
}

export async function startAdminApp(
  storeEngine: StoreEngine,
  options: { readonly trustedProxies?: readonly string[] } = {},
): Promise<AdminTestApp> {
  const harness = await startEngineHarness(storeEngine);
  const { store } = harness.place;
  const engine = await harness.start();
  const now = (): number => Date.now() + testApp.skew;
  const secrets = oneSecret(serverSecret);
  const authenticator = createAuthenticator({
    store,
    secrets,
    adminKey: operatorKey,
    tokenTtlSeconds: 3600,
    now,
  });
  const tested: ModelRecord[] = [];
  const app = createApp({
    store,
    engine,
    authenticator,
    log: pino({ level: 'silent' }),
    version: '0.0.0',
    ...options,
    isAccepting: () => true,
    isReady: async () => ({ ready: true, models: {} }),
    now,
    admin: {
      secrets,
      discoverModels: (server, options) => testApp.discover(server, options),
      testModel: async (model) => {
        tested.push(model);
        return testApp.nextTest ?? { ok: true, latency_ms: 7, error: null, hint: null, found: null };
      },
      resolve: async () => [],
    },
  });
  await app.ready();
  const testApp: AdminTestApp = {
    store,
    dataDir: harness.place.dataDir,
    authenticator,
    engine,
    harness,
    tested,
    nextTest: undefined,
    discover: async ({ baseUrl }) => ({ baseUrl, isFound: false, list: { ok: false, error: 'away' } }),
    skew: 0,
    async call(method, path, body, key = operatorKey) {
      return await testApp.inject({
        method,
        url: `/api/admin${path}`,
        headers: key === null ? {} : { authorization: `Bearer ${key}` },
        ...(body !== undefined && { payload: body as object }),
      });
    },
    async inject(options) {
      const response = await app.inject(options);
      const isJson = /^application\/json\b/.test(String(response.headers['content-type']));
      return {
        status: response.statusCode,
        body: isJson ? response.json() : undefined,
        headers: response.headers,
        text: response.body,
      };
    },
    async organization(name = 'Acme') {
      return (await made(testApp.call('POST', '/organizations', { name }))).id;
    },
    async model(organizationId, more = {}) {
      const body = { name: 'A model', provider: 'openai', model: 'gpt-test', ...more };
      return (await made(testApp.call('POST', `/organizations/${organizationId}/models`, body))).id;
    },
    async key(organizationId, type, more = {}) {
      const body = { name: `a ${type} key`, type, ...more };
      return await made(testApp.call('POST', `/organizations/${organizationId}/keys`, body));
    },
    async [Symbol.asyncDispose]() {
      await app.close();
      await authenticator[Symbol.asyncDispose]();
      await harness[Symbol.asyncDispose]();
    },
  };
  return testApp;
}

async function made(answer: Promise<Answer>): Promise<Answer['body']> {
  const { status, body } = await answer;
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}
