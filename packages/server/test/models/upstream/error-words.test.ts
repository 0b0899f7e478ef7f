/** A provider's reason, in the shapes that providers and gateways give it, reaches whoever may see it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findFailure, readFailure } from '../../../src/models/upstream/error-words.ts';
import {
  errorFromFields,
  errorFromStatus,
  type Upstream,
} from '../../../src/models/upstream/upstream-error.ts';

const upstream: Upstream = { provider: 'acme', apiKey: 'sk-secret-0123456789' };

const bodies: readonly (readonly [name: string, body: unknown, words: string, more?: object])[] = [
  [
    'OpenAI',
    { error: { message: 'no', type: 'invalid_request_error', param: 'stop', code: 'unsupported' } },
    'no',
    { param: 'stop', code: 'unsupported', type: 'invalid_request_error' },
  ],
  [
    'Anthropic',
    { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    'Overloaded',
    { status: 529 },
  ],
  [
    'Google, in a list',
    [
      {
        error: {
          code: 429,
          message: 'Quota',
          status: 'RESOURCE_EXHAUSTED',
          details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '3.5s' }],
        },
      },
    ],
    'Quota',
    { status: 429, retryAfterMs: 3_500 },
  ],
  [
    'Mistral',
    { object: 'error', message: 'Invalid model', type: 'invalid_model', code: 1500 },
    'Invalid model',
    { code: '1500' },
  ],
  [
    'FastAPI',
    {
      detail: [
        { loc: ['body', 'temperature'], msg: 'too big' },
        { loc: ['body', 'n'], msg: 'too small' },
      ],
    },
    'too big (body.temperature); too small (body.n)',
  ],
  ['a detail with an object', { detail: { error: 'unknown model' } }, 'unknown model'],
  [
    'OpenRouter',
    {
      error: {
        message: 'Provider returned error',
        code: 429,
        metadata: { raw: '{"error":{"message":"slow down, m"}}', provider_name: 'P' },
      },
    },
    'Provider returned error: slow down, m',
    { status: 429 },
  ],
  [
    'OpenRouter with a text',
    { error: { message: 'Provider returned error', code: 400, metadata: { raw: 'bad tools' } } },
    'Provider returned error: bad tools',
  ],
  [
    'Hugging Face',
    { error: 'Model x is currently loading', estimated_time: 20.5 },
    'Model x is currently loading',
    { retryAfterMs: 20_500, isLoading: true },
  ],
  [
    'llama.cpp',
    { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } },
    'Loading model',
    { status: 503, isLoading: true },
  ],
  [
    'Cloudflare',
    { success: false, errors: [{ code: 7009, message: 'Upstream error' }], messages: [] },
    'Upstream error',
  ],
  ['an empty list of errors beside a message', { errors: [], message: 'No route' }, 'No route'],
  ['errors as texts', { errors: ['one', 'two'] }, 'one; two'],
  [
    'Spring',
    { status: 404, error: 'Not Found', message: 'No endpoint', path: '/v1' },
    'Not Found: No endpoint',
    { status: 404 },
  ],
  [
    'OAuth',
    { error: 'invalid_client', error_description: 'unknown client' },
    'invalid_client: unknown client',
  ],
  [
    'AWS',
    { __type: 'ThrottlingException', Message: 'Rate exceeded' },
    'Rate exceeded',
    { type: 'ThrottlingException' },
  ],
  [
    'AWS with the name of its service',
    { __type: 'com.amazon.coral.service#ThrottlingException', message: 'Rate exceeded' },
    'Rate exceeded',
    { status: 429 },
  ],
  [
    'Cloudflare without errors',
    { success: false, errors: [], messages: ['not entitled', { message: 'to this model' }], result: null },
    'not entitled; to this model',
  ],
  ['MiniMax', { base_resp: { status_code: 1004, status_msg: 'login fail' } }, 'login fail'],
  ['Apigee', { fault: { faultstring: 'Spike arrest', detail: { errorcode: 'x' } } }, 'Spike arrest'],
  [
    'problem details (RFC 9457)',
    { type: 'about:blank', title: 'Forbidden', status: 403, detail: 'Region' },
    'Region',
    { status: 403 },
  ],
  ['JSON in a message', { error: { message: '{"error":{"message":"inner"}}' } }, 'inner'],
  ['errors in errors', { error: { error: { error: { message: 'deep' } } } }, 'deep'],
  ['a message that is an object', { error: { message: { text: 'x', message: 'why' } } }, 'why'],
  ['a text', 'Access denied by policy', 'Access denied by policy'],
  [
    'a page',
    '<!doctype html><html><head><title>\n502 Bad\n Gateway</title></head><body>x</body></html>',
    '502 Bad Gateway',
  ],
  ['a page without a title', '<p>Blocked <b>here</b></p>', 'Blocked here'],
  ['nothing', '', ''],
  ['an empty object', {}, ''],
  ['a shape of its own', { oops: 'unheard of' }, '{"oops":"unheard of"}'],
  ['null', { error: null, message: null }, ''],
];

describe('what a provider says about a failure', () => {
  for (const [name, body, words, more = {}] of bodies) {
    test(name, () => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const read = readFailure(text);
      assert.equal(read.message, words);
      for (const [field, value] of Object.entries(more)) {
        assert.equal(read[field as keyof typeof read], value, field);
      }
      if (words === '') return;
      for (const status of [400, 401, 403, 404, 429, 500]) {
        const error = errorFromStatus(upstream, status, {}, text);
        assert.ok(error.message.includes(words), error.message);
        assert.equal(error.words?.message, words);
        assert.equal(error.status, status);
      }
      assert.ok(
        errorFromFields(upstream, typeof body === 'string' ? body : { ...Object(body) }).message !== '',
      );
    });
  }

  test('an object inside objects without end is not followed', () => {
    const deep = JSON.parse(`${'{"error":'.repeat(5_000)}"x"${'}'.repeat(5_000)}`);
    assert.equal(readFailure(deep).message, '');
    assert.equal(readFailure(`${'['.repeat(50_000)}`).message.length, 2_000);
  });

  test('a megabyte of words is cut, and the key is nowhere in it', () => {
    const { apiKey = '' } = upstream;
    for (const body of [
      `${apiKey} `.repeat(60_000),
      JSON.stringify({ error: { message: `x${apiKey}`.repeat(60_000) } }),
    ]) {
      const error = errorFromStatus(upstream, 500, {}, body);
      assert.ok(error.message.length < 500);
      assert.ok((error.words?.message.length ?? 0) <= 2_010);
      for (const text of [error.message, error.words?.message ?? ''])
        assert.ok(!text.includes('sk-secret'), text.slice(-80));
    }
  });

  test('the key is nowhere in the other fields either', () => {
    const { apiKey = '' } = upstream;
    const { words } = errorFromStatus(
      upstream,
      400,
      {},
      JSON.stringify({ error: { message: 'no', type: `t ${apiKey}`, code: apiKey, param: `p.${apiKey}` } }),
    );
    assert.deepEqual(words, { message: 'no', type: 't [key]', code: '[key]', param: 'p.[key]' });
  });

  test('a secret is struck out in the forms that addresses, JSON and headers give it', () => {
    const secrets = ['Bearer token-of-the-gateway', 'sec ret/é+value&12', 'quoted "word" in it'];
    const gateway: Upstream = { provider: 'acme', apiKey: 'sk/with+signs=1234', secrets };
    const [, query = '', quoted = ''] = secrets;
    for (const [said, shown] of [
      ['Incorrect API key provided: token-of-the-gateway', 'Incorrect API key provided: [key]'],
      ['sent Bearer token-of-the-gateway', 'sent [key]'],
      [`no /v1?${new URLSearchParams({ key: query, b: 'c' })}`, 'no /v1?key=[key]&b=c'],
      [`no /v1?key=${encodeURIComponent(query)}`, 'no /v1?key=[key]'],
      [`no ${JSON.stringify({ of: quoted })}`, 'no {"of":"[key]"}'],
      ['no /v1?key=sk%2Fwith%2Bsigns%3D1234', 'no /v1?key=[key]'],
    ] as const) {
      const { message, words } = errorFromStatus(gateway, 400, {}, JSON.stringify({ error: said }));
      assert.deepEqual([message.slice(message.indexOf(': ') + 2), words?.message], [shown, shown]);
    }
  });

  test('only what is long enough to be a secret is struck out', () => {
    const short: Upstream = { provider: 'ollama', apiKey: 'ollama' };
    assert.match(
      errorFromStatus(short, 404, {}, 'ollama has no such model').message,
      /: ollama has no such model$/,
    );
    const further: Upstream = {
      provider: 'acme',
      apiKey: undefined,
      secrets: ['token-of-the-gateway', 'eu'],
    };
    assert.match(
      errorFromStatus(further, 400, {}, 'bad token-of-the-gateway in eu').message,
      /: bad \[key\] in eu$/,
    );
  });
});

describe('what counts as a failure in an object of the formats', () => {
  const none: readonly object[] = [
    { choices: [{ delta: { content: 'x' } }], error: null },
    { choices: [] },
    { choices: [], usage: { prompt_tokens: 1 } },
    { id: 'x', usage: { prompt_tokens: 1 } },
    { type: 'ping' },
    { type: 'message_start', message: { usage: {} } },
    { choices: null, error: null },
    { choices: [{ delta: {}, error: null }] },
    { choices: [{ delta: {} }], base_resp: { status_code: 0 } },
    { object: 'chat.completion.chunk', choices: [], prompt_filter_results: [] },
    { error: {} },
    { error: false, choices: [{ delta: {} }] },
    { error: { message: '', type: '', param: null, code: null }, choices: [{ delta: {} }] },
    { error: { code: 0 }, choices: [{ delta: {} }] },
    { choices: [{ delta: {}, error: { message: null } }] },
    { exception: null, choices: [] },
  ];
  for (const object of none) {
    test(`${JSON.stringify(object)} is none`, () => assert.equal(findFailure(object as never), undefined));
  }
  const some: readonly object[] = [
    { error: 'x' },
    { error: { message: 'x' }, choices: [{ delta: {} }] },
    { object: 'error', message: 'x' },
    { type: 'error', error: { message: 'x' } },
    { type: 'invalid_request_error', message: 'x' },
    { detail: 'x' },
    { message: 'x' },
    { choices: null, code: 'rate_limit_exceeded' },
    { choices: null, error_code: 336_003, error_msg: 'x' },
    { choices: [{ delta: {}, error: { message: 'x' } }] },
    { choices: [], code: 500, msg: 'x' },
    { base_resp: { status_code: 1004, status_msg: 'x' }, choices: null },
    { internalServerException: { message: 'x' } },
    { error: { code: 1 }, choices: [{ delta: {} }] },
  ];
  for (const object of some) {
    test(`${JSON.stringify(object)} is one`, () => assert.notEqual(findFailure(object as never), undefined));
  }
});

describe('which failures pass', () => {
  const cases: readonly (readonly [name: string, error: unknown, passes: boolean])[] = [
    ['a number', { code: 503, message: 'x' }, true],
    ['a number as text', { code: '429', message: 'x' }, true],
    ['a type', { type: 'overloaded_error', message: 'x' }, true],
    ['a type in another spelling', { type: 'InternalServerError', message: 'x' }, true],
    ['an exception', findFailure({ throttlingException: { message: 'x' } }), true],
    ['an exception about the request', findFailure({ validationException: { message: 'x' } }), false],
    ["a status of Google's", { status: 'UNAVAILABLE', message: 'x' }, true],
    ['a wrong request', { code: 400, message: 'x' }, false],
    ['a wrong key', { type: 'authentication_error', message: 'x' }, false],
    ['a used-up quota', { code: 'insufficient_quota', type: 'insufficient_quota', status: 429 }, false],
    ['words alone', 'it broke', false],
  ];
  for (const [name, error, passes] of cases) {
    test(`${name}: ${passes}`, () => assert.equal(errorFromFields(upstream, error).retryable, passes));
  }
});

test("a provider's words can be stored: no NUL, and no half of a character", () => {
  const body = JSON.stringify({
    error: { message: 'no\0pe \ud800', code: 'a\0b', param: 'x\0', type: 't\0' },
  });
  const reported = { message: 'no\0pe \ud800', code: 'a\0b' };
  const page = '<html><title>oh\0no</title></html>';
  for (const error of [
    errorFromStatus(upstream, 400, {}, body),
    errorFromStatus(upstream, 502, {}, page),
    errorFromFields(upstream, reported),
  ]) {
    const said = [error.message, ...Object.values(error.words ?? {})].join();
    assert.doesNotMatch(said, /\0/);
    assert.ok(said.isWellFormed(), said);
  }
});
