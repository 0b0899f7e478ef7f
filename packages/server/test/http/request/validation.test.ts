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

const text = { type: 'string', pattern: '^[a-z]+$' };
const words = { type: 'string', enum: ['a', 'b'] };
const count = { type: 'integer', minimum: 1, maximum: 9 };
const none = { type: 'null' };
const object = {
  type: 'object',
  properties: { alias: text, mode: { anyOf: [words, none] }, limit: { anyOf: [count, words, none] } },
  required: ['alias'],
  additionalProperties: false,
};
const other = {
  type: 'object',
  properties: { id: count },
  required: ['id'],
  additionalProperties: false,
};

const unions: readonly [schema: object, value: unknown, says: string][] = [
  [
    { anyOf: [object, text, none] },
    { alias: 'x', aliass: 1 },
    'unknown field f.aliass in f: did you mean alias?',
  ],
  [{ anyOf: [none, text, object] }, { aliass: 1 }, 'f.alias is required; f.aliass is unknown'],
  [{ anyOf: [object, text, none] }, { alias: 5 }, 'f.alias must be a string'],
  [{ anyOf: [object, text, none] }, 'A', 'f must match ^[a-z]+$'],
  [{ anyOf: [object, text, none] }, 5, 'f must be an object or a string'],
  [{ anyOf: [object, text, none] }, [{ alias: 'x' }], 'f must be an object or a string'],
  [{ anyOf: [object, text] }, null, 'f must be an object or a string'],
  [{ anyOf: [object, none] }, { alias: 'x', mode: 'c' }, 'f.mode must be one of "a", "b"'],
  [{ anyOf: [object, none] }, { alias: 'x', mode: 5 }, 'f.mode must be one of "a", "b"'],
  [{ anyOf: [object, text] }, { alias: 'x', limit: 0 }, 'f.limit must be from 1 to 9'],
  [{ anyOf: [object, text] }, { alias: 'x', limit: 'c' }, 'f.limit must be one of "a", "b"'],
  [{ anyOf: [object, text] }, { alias: 'x', limit: true }, 'f.limit must be an integer or "a" or "b"'],
  [{ anyOf: [object, other] }, { alias: 'X' }, 'f.alias must match ^[a-z]+$'],
  [{ anyOf: [object, other] }, { id: 0 }, 'f.id must be from 1 to 9'],
  [{ anyOf: [words, none] }, 'c', 'f must be one of "a", "b"'],
  [{ anyOf: [words, none] }, true, 'f must be one of "a", "b"'],
  [{ oneOf: [none, words] }, 'c', 'f must be one of "a", "b"'],
  [{ anyOf: [count, none] }, 10, 'f must be from 1 to 9'],
  [{ anyOf: [count, none] }, '5', 'f must be an integer'],
  [{ anyOf: [count, text] }, 1.5, 'f must be an integer'],
  [{ anyOf: [{ const: 'a' }, { const: 'b' }, none] }, 'c', 'f must be one of "a", "b"'],
  [{ anyOf: [{ anyOf: [count, text] }, none] }, true, 'f must be an integer or a string'],
  [{ anyOf: [{ anyOf: [count, text] }, none] }, 'A', 'f must match ^[a-z]+$'],
  [
    { anyOf: [{ type: ['integer', 'null'] }, { type: 'array', items: text }] },
    'x',
    'f must be an integer or an array',
  ],
  [{ anyOf: [text, { type: 'array', items: text, minItems: 1 }] }, [], 'f must have at least 1 item'],
  [{ type: ['integer', 'null'] }, 'x', 'f must be an integer'],
  [{ type: ['integer', 'string', 'null'] }, true, 'f must be an integer or a string'],
  [{ type: 'null' }, 5, 'f must be null'],
];
for (const [index, [f, value, says]] of unions.entries()) {
  test(`of a union the branch that the value means is told (${index}): ${says}`, () => {
    const schema = { type: 'object', properties: { f }, additionalProperties: false };
    const answer = build({})({ schema, httpPart: 'body' })({ f: value }) as { error: Error };
    assert.equal(answer.error.message, says);
  });
}

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
