/** The HTTP side on a real store, engine and scripted upstream, listening on a free port. */
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { type ClientStream, type Frame, openStream, type StreamCall } from 'colloquy-testkit/event-stream';
import { pino } from 'pino';
import { createAuthenticator } from '../../src/auth/authenticator.ts';
import type { SecretRotation } from '../../src/auth/secrets/rotation.ts';
import { oneSecret } from '../../src/domain/secrets/secret-ring.ts';
import type { Engine } from '../../src/generation/engine.ts';
import type { EngineOptions } from '../../src/generation/engine-options.ts';
import { createApp, type HttpDependencies } from '../../src/http/app.ts';
import type { StoreEngine } from '../../src/store/store.ts';
import { type EngineHarness, startEngineHarness } from '../generation/engines.ts';

export const operatorKey = 'sk_admin_operator-of-the-tests-0123456789';

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into by tests, field by field.
  readonly body: any;
  readonly headers: Headers;
}

export interface Call {
  readonly method?: string;
  /** An object is sent as JSON, a text as it is. */
  readonly body?: unknown;
  /** API key. */
  readonly key?: string;
  /** Bearer token. */
  readonly token?: string;
  readonly headers?: Record<string, string>;
}

export interface SseReading {
  readonly response: { readonly status: number; readonly headers: Headers };
  readonly events: readonly Frame[];
  readonly comments: readonly string[];
  /** The response's text, unchanged. */
  raw(): string;
  readonly ended: Promise<void>;
  until(enough: (reading: SseReading) => boolean): Promise<void>;
  close(): void;
}

export interface TestApp extends AsyncDisposable {
  readonly url: string;
  readonly harness: EngineHarness;
  readonly engine: Engine;
  /** A prod key with the persona `test` as its default, and a test key without one. */
  readonly prodKey: string;
  readonly testKey: string;
  /** The messages that were logged. */
  readonly logged: string[];
  call(path: string, options?: Call): Promise<Answer>;
  /** Opens a stream; fails unless the answer is one. */
  stream(path: string, options?: Call): Promise<SseReading>;
  admin(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Makes a key of the organization. */
  key(type: 'test' | 'prod' | 'admin', more?: object): Promise<{ id: string; key: string }>;
  /** Makes a persona: with an active version if `active` (the default), and with a draft if `next`. Gives its id. */
  persona(alias: string, options?: { active?: boolean; next?: boolean }): Promise<number>;
}

export async function startTestApp(
  storeEngine: StoreEngine,
  { rotation, ...overrides }: Partial<HttpDependencies> & { readonly rotation?: SecretRotation } = {},
  engineOptions: Partial<EngineOptions> = {},
): Promise<TestApp> {
  const harness = await startEngineHarness(storeEngine);
  const engine = await harness.start(undefined, engineOptions);
  const { store } = harness.place;
  const secrets = oneSecret('the secret of the tests, long enough');
  const authenticator = createAuthenticator({ store, secrets, adminKey: operatorKey, tokenTtlSeconds: 3600 });
  const logged: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      logged.push(String(chunk));
      done();
    },
  });
  const app = createApp({
    store,
    engine,
    authenticator,
    log: pino({ level: 'debug' }, sink),
    version: '0.0.0',
    isAccepting: () => engine.isAccepting,
    isReady: async () => ({ ready: await store.isReady(), models: {} }),
    admin: {
      secrets,
      ...(rotation && { rotation }),
      discoverModels: async ({ baseUrl }) => ({
        baseUrl,
        isFound: false,
        list: { ok: false, error: 'away' },
      }),
      testModel: async () => ({ ok: true, latency_ms: 1, error: null, hint: null, found: null }),
    },
    ...overrides,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const organization = `/organizations/${harness.scope.organizationId}`;

  const call = async (path: string, options: Call = {}): Promise<Answer> => {
    const response = await fetch(url + path, requestOf(options));
    const text = await response.text();
    const isJson = /^application\/json\b/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      body: isJson && text !== '' ? JSON.parse(text) : text,
      headers: response.headers,
    };
  };
  const admin = (method: string, path: string, body?: unknown): Promise<Answer> =>
    call(`/api/admin${path}`, { method, token: operatorKey, ...(body !== undefined && { body }) });
  const key = async (type: 'test' | 'prod' | 'admin', more: object = {}) => {
    const made = await admin('POST', `${organization}/keys`, { name: type, type, ...more });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    return made.body as { id: string; key: string };
  };
  const prod = await key('prod', { default_persona_id: harness.persona.personaId });
  const testing = await key('test');

  return {
    url,
    harness,
    engine,
    prodKey: prod.key,
    testKey: testing.key,
    logged,
    call,
    admin,
    key,
    async stream(path, options = {}) {
      return openReading({ url: url + path, ...requestOf(options) });
    },
    async persona(alias, { active = true, next = false } = {}) {
      const made = await admin('POST', `${organization}/personas`, { name: alias, alias });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      const persona = `${organization}/personas/${made.body.id}`;
      const draft = { system_prompt: `I am ${alias}.`, model_id: harness.modelId };
      if (active) {
        assert.equal((await admin('PUT', `${persona}/next`, draft)).status, 200);
        assert.equal((await admin('POST', `${persona}/submit`)).status, 200);
      }
      if (next) {
        const text = `I am the draft of ${alias}.`;
        assert.equal((await admin('PUT', `${persona}/next`, { ...draft, system_prompt: text })).status, 200);
      }
      return made.body.id as number;
    },
    async [Symbol.asyncDispose]() {
      await app.close();
      await authenticator[Symbol.asyncDispose]();
      await harness[Symbol.asyncDispose]();
    },
  };
}

function requestOf({ method, body, key, token, headers }: Call) {
  return {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key !== undefined && { 'x-api-key': key }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  };
}

/** Opens a stream to look at; fails unless the answer is one. */
export async function openReading(call: StreamCall): Promise<SseReading> {
  const stream = await openStream(call);
  if (stream.headers['content-type']?.startsWith('text/event-stream') === true) return readingOf(stream);
  await stream.closed;
  assert.fail(`${call.url}: ${stream.status} ${stream.body()}`);
}

function readingOf(stream: ClientStream): SseReading {
  let isClosing = false;
  const ended = stream.closed.then((end) => {
    if (end === 'broken' && !isClosing) throw new Error(`the stream broke: ${stream.body()}`);
  });
  ended.catch(() => {});
  const reading: SseReading = {
    response: { status: stream.status, headers: new Headers(stream.headers as Record<string, string>) },
    events: stream.frames,
    comments: stream.comments,
    raw: () => stream.body(),
    ended,
    async until(enough) {
      const isThere = await stream.until(() => enough(reading));
      if (!isThere) assert.fail(`the stream ended: ${stream.body()}`);
    },
    close() {
      isClosing = true;
      stream.destroy();
    },
  };
  return reading;
}

/** The `data:` of each event. */
// biome-ignore lint/suspicious/noExplicitAny: events are looked into by tests, field by field.
export function dataOf(reading: SseReading): any[] {
  return reading.events.map((event) => JSON.parse(event.data));
}

/** The text of a chat stream. */
export function textOf(reading: SseReading): string {
  return dataOf(reading)
    .filter(({ type }) => type === 'token')
    .map(({ content }) => content)
    .join('');
}

/** The generation that a stream shows. */
export function generationOf(reading: SseReading): string {
  const location = reading.response.headers.get('content-location') ?? '';
  return (
    /^\/api\/generations\/([0-9a-f-]{36})\/stream(\?dialect=events)?$/.exec(location)?.[1] ??
    assert.fail(location)
  );
}
