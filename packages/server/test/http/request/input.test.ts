/** Input is stored unchanged, and faults in it are named: no input leads to a 500 or a 422. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { startTestApp } from '../http-app.ts';

const app = await startTestApp('sqlite');
const path = '/api/chat/completion';

async function refused(body: unknown, headers: Record<string, string> = {}, to = path) {
  const answer = await app.call(to, { key: app.prodKey, method: 'POST', body, headers });
  assert.equal(typeof answer.body.error, 'string', JSON.stringify(answer.body));
  return { status: answer.status, code: answer.body.code, text: answer.body.error as string };
}

describe('input', () => {
  after(() => app[Symbol.asyncDispose]());

  const bodies: readonly [name: string, body: unknown, says: RegExp][] = [
    ['a number for a text', { message: 5 }, /^message must be a string$/],
    ['null for a text', { message: null }, /^message must be a string$/],
    ['a text for a number', { message: 'x', max_tokens: '5' }, /^max_tokens must be an integer$/],
    ['a fraction', { message: 'x', max_tokens: 1.5 }, /^max_tokens must be an integer$/],
    ['too small', { message: 'x', max_tokens: 0 }, /^max_tokens must be from 1 to 8000$/],
    ['too great', { message: 'x', max_tokens: 8001 }, /^max_tokens must be from 1 to 8000$/],
    ['an empty message', { message: '' }, /^message must have 1 to 8000 characters$/],
    ['8001 characters', { message: '😀'.repeat(8001) }, /^message must have 1 to 8000 characters$/],
    ['no message', {}, /^message is required$/],
    ['a misspelt required field', { mesage: 'x' }, /^message is required; mesage is unknown$/],
    [
      'an unknown field near a known one',
      { message: 'x', maxtokens: 5 },
      /maxtokens.*did you mean max_tokens\?/,
    ],
    [
      'an unknown field near nothing',
      { message: 'x', zzzzzzzz: 5 },
      /zzzzzzzz.*allowed are message, max_tokens/,
    ],
    [
      'an unknown field inside',
      { message: 'x', persona: { aliass: 'a' } },
      /persona\.aliass.*did you mean alias\?/,
    ],
    [
      'a wrong value of a list',
      { message: 'x', when_busy: 'wait' },
      /^when_busy must be one of "reject", "queue", "interrupt"$/,
    ],
    ['a wrong pattern', { message: 'x', persona: { alias: 'A' } }, /^persona\.alias must match/],
    ['an array', [], /^the body must be a JSON object$/],
    ['a text', '"x"', /^the body must be a JSON object$/],
    ['null', 'null', /^a JSON body is required$/],
    ['nothing', '', /^a JSON body is required$/],
    ['a NUL', { message: 'a\0b' }, /^message must not contain the character U\+0000$/],
    ['a lone surrogate', '{"message":"a\\ud800b"}', /^message must not contain a lone surrogate$/],
    ['a NUL in a name', '{"message":"a","\\u0000":1}', /U\+0000/],
    ['__proto__', '{"message":"a","__proto__":{"max_tokens":1}}', /__proto__/],
    ['constructor', '{"message":"a","constructor":{"prototype":{}}}', /constructor/],
    ['nesting one level too deep', `{"message":${'['.repeat(32)}${']'.repeat(32)}}`, /deeper than 32 levels/],
    ['brackets and nothing else', '['.repeat(1_000_000), /nested deeper than 32/],
    ['objects that never end', '{"a":'.repeat(200_000), /nested deeper than 32/],
    [
      'a name of 900,000 characters',
      `{"message":"x","${'n'.repeat(900_000)}":1}`,
      /^unknown field n{100}…: allowed are/,
    ],
    [
      'a name of 900,000 characters in place of one that is required',
      `{"${'n'.repeat(900_000)}":1}`,
      /^message is required$/,
    ],
    [
      'a wrong value below a name of 900,000 characters',
      `{"message":"x","${'n'.repeat(900_000)}":{"a":"\\u0000"}}`,
      /^n{100}…\.a must not contain the character U\+0000$/,
    ],
    [
      '80,000 unknown fields',
      `{${Array.from({ length: 80_000 }, (_, i) => `"n${i}":1`).join(',')}}`,
      /^message is required$/,
    ],
    [
      'a list of 100,000 NULs',
      `{"message":[${'"\\u0000",'.repeat(100_000)}""]}`,
      /^message\.0 must not contain/,
    ],
    ['a list of 300,000 numbers', `{"message":[${'1e9,'.repeat(200_000)}1]}`, /^message must be a string/],
    ['deep nesting', `{"message":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, /nested deeper than 32/],
  ];
  for (const [name, body, says] of bodies) {
    test(`a body with ${name} is 400 and says so`, async () => {
      const { status, code, text } = await refused(body);
      assert.equal(status, 400);
      assert.equal(code, 'invalid_request');
      assert.match(text, says);
    });
  }

  test('a body where none is taken is 400 and says where its field belongs, unless it is empty', async () => {
    const to = '/api/generations/01900000-0000-7000-8000-000000000000/regenerate';
    const unknown = await refused({ foo: 1 }, {}, to);
    assert.equal(unknown.status, 400);
    assert.equal(unknown.text, 'unknown field foo: no fields are allowed here');
    const misplaced = await refused({ when_busy: 'queue' }, {}, to);
    assert.equal(misplaced.status, 400);
    assert.equal(misplaced.text, 'unknown field when_busy: it belongs in the query string');
    assert.equal((await refused([], {}, to)).text, 'the body must be a JSON object');
    for (const body of [{}, '']) assert.equal((await refused(body, {}, to)).status, 404);
  });

  test('8000 characters outside the BMP are 8000 characters', async () => {
    const { status } = await app.call(path, { key: app.prodKey, body: { message: '😀'.repeat(8000) } });
    assert.notEqual(status, 500);
    const { text } = await refused({ message: '😀'.repeat(8000), max_tokens: 0 });
    assert.match(text, /max_tokens/);
  });

  test('malformed JSON is 400 invalid_json with line and column', async () => {
    const { status, code, text } = await refused('{\n"message": "x"\n"max_tokens": 5\n}');
    assert.deepEqual([status, code], [400, 'invalid_json']);
    assert.match(text, /line 3, column 1/);
  });

  test('a body that is not UTF-8 is 400 invalid_json', async () => {
    const response = await fetch(app.url + path, {
      method: 'POST',
      headers: { 'x-api-key': app.prodKey, 'content-type': 'application/json' },
      body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]),
    });
    assert.equal(response.status, 400);
    assert.equal(((await response.json()) as { code: string }).code, 'invalid_json');
  });

  test('another content type than JSON is 400', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'nonsense',
    ]) {
      const { status, code, text } = await refused('{"message":"x"}', { 'content-type': type });
      assert.deepEqual([status, code], [400, 'invalid_request'], type);
      assert.match(text, /Content-Type: application\/json/);
    }
    const withCharset = await app.call(path, {
      key: app.prodKey,
      body: { message: 'x' },
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
    assert.equal(withCharset.status, 200);
  });

  test('a body over 4 MiB, where it takes no message over 1 MiB, is 413; one below it is read', async () => {
    const mebibyte = 1024 * 1024;
    for (const [to, bytes] of [
      [path, 4 * mebibyte],
      [`${path}/stream`, 4 * mebibyte],
      ['/api/chat/get_token', mebibyte],
    ] as const) {
      const large = await refused({ message: 'x'.repeat(bytes) }, {}, to);
      assert.deepEqual([large.status, large.code], [413, 'payload_too_large']);
      assert.equal(large.text, `the body is larger than ${bytes / mebibyte} MiB`);
      const below = await refused({ message: 'x'.repeat(bytes - 100) }, {}, to);
      assert.equal(below.status, 400);
    }
  });

  test('unknown query parameters are ignored', async () => {
    const { status } = await app.call(`${path}?foo=bar&foo=baz`, {
      key: app.prodKey,
      body: { message: 'x' },
    });
    assert.equal(status, 200);
  });

  test('a malformed UUID is 400, also in a body', async () => {
    const { status, text } = await refused({ session: '47', message: 'x' }, {}, '/api/chat/continuation');
    assert.equal(status, 400);
    assert.equal(text, 'session must be a UUID');
    const two = {
      session: '01234567-89ab-7cde-8f01-23456789abcd',
      session_id: '01234567-89ab-7cde-8f01-23456789abce',
      message: 'x',
    };
    assert.equal((await refused(two, {}, '/api/chat/continuation')).status, 400);
  });

  test('an unknown path is 404 in JSON, with a request id', async () => {
    for (const [method, to] of [
      ['GET', `${path}/nothing`],
      ['DELETE', '/api/chat/nothing'],
      ['POST', '/chats/update/x/y'],
      ['PATCH', '/nope?token=x'],
    ] as const) {
      const { status, body, headers } = await app.call(to, { method });
      assert.equal(status, 404);
      assert.equal(body.code, 'not_found');
      assert.ok(!body.error.includes('token='));
      assert.match(headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
    }
    assert.equal((await app.call('/%ff')).status, 400);
  });

  test('no credential, a bad one and an admin key: 401 with WWW-Authenticate, 403', async () => {
    const body = { message: 'x' };
    const none = await app.call(path, { body });
    assert.equal(none.status, 401);
    assert.match(none.headers.get('www-authenticate') ?? '', /^Bearer/);
    assert.equal(none.body.code, 'unauthenticated');
    for (const call of [
      { key: `${app.prodKey}x` },
      { token: 'a.b.c' },
      { headers: { authorization: 'Basic eDp5' } },
      { key: 'hello' },
    ]) {
      assert.equal((await app.call(path, { ...call, body })).status, 401);
    }
    assert.equal((await app.call(path, { token: app.prodKey, body })).status, 200);
    assert.equal((await app.call(path, { token: (await app.key('admin')).key, body })).status, 403);
  });
});
