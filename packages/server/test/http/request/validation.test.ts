/** Schemas are compiled when the first request needs them; here all of them are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { createAuthenticator } from '../../../src/auth/authenticator.ts';
import { oneSecret } from '../../../src/domain/secrets/secret-ring.ts';
import { createApp } from '../../../src/http/app.ts';
import { buildValidator } from '../../../src/http/request/validation.ts';
import { startEngineHarness } from '../../generation/engines.ts';

/** Fastify's type allows Ajv's own functions only. */
const build = buildValidator as unknown as (
  shared: Readonly<Record<string, unknown>>,
) => (part: { readonly schema: object; readonly httpPart: string }) => (data: unknown) => unknown;

test('a schema is not looked at before the first request', () => {
  let looks = 0;
  const schema = {
    get type() {
      looks += 1;
      return 'object';
    },
  };
  const validate = build({})({ schema, httpPart: 'body' });
  assert.equal(looks, 0);
  assert.equal(validate({}), true);
  assert.ok(looks > 0);
  const seen = looks;
  assert.equal(validate({}), true);
  assert.equal(looks, seen);
});

test('a schema that Ajv does not take fails each request, not only the first', () => {
  const validate = build({})({ schema: { type: 'string', format: 'no-format' }, httpPart: 'body' });
  assert.throws(() => validate('a'), /unknown format/);
  assert.throws(() => validate('a'), /unknown format/);
});

test('the schemas of all routes compile', async (t) => {
  const harness = await startEngineHarness('sqlite');
  t.after(() => harness[Symbol.asyncDispose]());
  const { store } = harness.place;
  const engine = await harness.start();
  const app = createApp({
    store,
    engine,
    authenticator: createAuthenticator({
      store,
      secrets: oneSecret('the secret of the tests, long enough'),
      adminKey: 'sk_admin_operator-of-the-tests-0123456789',
      tokenTtlSeconds: 3600,
    }),
    log: pino({ level: 'silent' }),
    version: '0.0.0',
    isAccepting: () => true,
    isReady: async () => ({ ready: true, models: {} }),
    admin: {
      secrets: oneSecret('the secret of the tests, long enough'),
      discoverModels: async ({ baseUrl }) => ({
        baseUrl,
        isFound: false,
        list: { ok: false, error: 'away' },
      }),
      testModel: async () => ({ ok: true, latency_ms: 7, error: null, hint: null, found: null }),
      resolve: async () => [],
    },
  });
  t.after(() => app.close());
  const parts: { readonly schema: object; readonly httpPart: string }[] = [];
  app.addHook('onRoute', ({ schema }) => {
    for (const httpPart of ['body', 'querystring', 'params', 'headers'] as const) {
      const part = schema?.[httpPart];
      if (part !== undefined) parts.push({ schema: part as object, httpPart });
    }
  });
  await app.ready();
  assert.ok(parts.length > 100, `${parts.length} schemas`);
  const compile = build(app.getSchemas());
  for (const part of parts) compile(part)(undefined);
});
