/** What every HTTP client may count on: HEAD, 405, 415, headers of answers that fail early, credentials that stand twice. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, describe, test } from 'node:test';
import { generationOf, startTestApp } from '../http-app.ts';

const app = await startTestApp('sqlite');
const { port } = new URL(app.url);
const path = '/api/chat/completion';
const key = app.prodKey;

interface RawAnswer {
  readonly status: number;
  /** By names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Sends the text of a request as it is, and reads until the server ends the connection. */
function raw(text: string): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => {
      const [head = '', ...rest] = answer.split('\r\n\r\n');
      const [line = '', ...fields] = head.split('\r\n');
      const headers = fields.map((field) => {
        const colon = field.indexOf(':');
        return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()] as const;
      });
      resolve({ status: Number(line.split(' ')[1]), headers: new Map(headers), body: rest.join('\r\n\r\n') });
    });
    socket.end(text);
  });
}

const request = (line: string, ...headers: readonly string[]): string =>
  [line, ...headers, 'Connection: close', '', ''].join('\r\n');
const host = 'Host: localhost';

describe('HTTP manners', () => {
  after(() => app[Symbol.asyncDispose]());

  test('answers that fail before routing bear what every answer bears', async () => {
    const cases: readonly (readonly [what: string, text: string, status: number])[] = [
      ['not HTTP', 'HELLO\r\n\r\n', 400],
      ['bad percent-encoding', request('GET /chats/%ff HTTP/1.1', host), 400],
      ['a path that is too long', request(`GET /${'a'.repeat(20_000)} HTTP/1.1`, host), 431],
      ['headers that are too large', request('GET / HTTP/1.1', host, `X: ${'a'.repeat(20_000)}`), 431],
      ['no Host', request('GET / HTTP/1.1'), 400],
      ['a parameter that is too long', request(`GET /chats/${'a'.repeat(2000)} HTTP/1.1`, host), 404],
      ['no such path', request('GET /nothing HTTP/1.1', host), 404],
      ['no such method', request('DELETE /chats HTTP/1.1', host), 405],
      ['no credential', request('GET /chats/ HTTP/1.1', host), 401],
      [
        'two lengths',
        request('POST /chats/create HTTP/1.1', host, 'Content-Length: 1', 'Content-Length: 2'),
        400,
      ],
    ];
    for (const [what, text, status] of cases) {
      const answer = await raw(text);
      assert.equal(answer.status, status, what);
      assert.match(answer.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/, what);
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', what);
      assert.equal(answer.headers.get('cache-control'), 'no-store', what);
      assert.equal(answer.headers.get('colloquy-version'), '0.0.0', what);
      assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8', what);
      assert.equal(typeof JSON.parse(answer.body).code, 'string', what);
    }
  });

  test('the answer to a HEAD that fails before routing has no body', async () => {
    const { status, body } = await raw(request('HEAD /chats HTTP/1.1', host, `X: ${'a'.repeat(20_000)}`));
    assert.deepEqual([status, body], [431, '']);
  });

  test('what fails before its path is known has the text in the field of every dialect', async () => {
    const { body } = await raw(request('GET / HTTP/1.1', host, `X: ${'a'.repeat(20_000)}`));
    const text = 'the headers are larger than 16 KiB';
    assert.deepEqual(JSON.parse(body), { error: text, detail: text, message: text, code: 'invalid_request' });
  });

  test('an expectation that nobody knows is passed over', async () => {
    const { status, headers } = await raw(request('GET /healthz HTTP/1.1', host, 'Expect: something'));
    assert.equal(status, 200);
    assert.match(headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
  });

  test('what no route takes is refused without a look at its body', async () => {
    const cases: readonly (readonly [line: string, status: number, ...headers: string[]])[] = [
      ['QUERY /chats HTTP/1.1', 405],
      ['QUERY /nothing HTTP/1.1', 404],
      ['QUERY /chats HTTP/1.1', 405, 'Content-Type: application/json'],
      ['POST /nothing HTTP/1.1', 404, 'Content-Type: text/plain', 'Content-Length: 1'],
      ['POST /nothing HTTP/1.1', 404, 'Content-Encoding: gzip', 'Content-Length: 9000000'],
      ['PUT /api/conversation/list HTTP/1.1', 405, 'Content-Type: ;', 'Content-Length: 1'],
    ];
    for (const [line, status, ...more] of cases) {
      const answer = await raw(request(line, host, ...more));
      assert.equal(answer.status, status, line);
      const { detail, error } = JSON.parse(answer.body) as { detail?: string; error?: string };
      assert.equal(typeof (line.includes('/api/conversation') ? detail : error), 'string', answer.body);
    }
  });

  test('the body of a GET is passed over, in whatever encoding', async () => {
    const { status } = await app.call('/healthz', { headers: { 'content-encoding': 'gzip' } });
    assert.equal(status, 200);
  });

  test('HTTP/1.0 needs no Host', async () => {
    assert.equal((await raw('GET /healthz HTTP/1.0\r\n\r\n')).status, 200);
  });

  test('a known path with another method is 405 and names its methods', async () => {
    const cases: readonly (readonly [method: string, path: string, allow: string])[] = [
      ['GET', path, 'POST'],
      ['DELETE', '/chats', 'GET, HEAD'],
      ['PUT', `/chats/delete/${crypto.randomUUID()}`, 'DELETE'],
      ['POST', `/chats/${crypto.randomUUID()}?x=1`, 'GET, HEAD'],
      ['OPTIONS', '/readyz', 'GET, HEAD'],
      ['PROPFIND', '/api/conversation/list', 'GET, HEAD'],
      ['HEAD', path, 'POST'],
      ['PUT', `/api/admin/organizations/${app.harness.scope.organizationId}`, 'DELETE, GET, HEAD, PATCH'],
    ];
    for (const [method, to, allow] of cases) {
      const { status, headers, body } = await app.call(to, { method });
      assert.equal(status, 405, `${method} ${to}`);
      assert.equal(headers.get('allow'), allow, `${method} ${to}`);
      if (method === 'HEAD') continue;
      assert.equal(body.code, 'method_not_allowed');
      const text: string = to.startsWith('/api/conversation') ? body.detail : body.error;
      assert.ok(text.includes(allow) && !text.includes('?x=1'), text);
    }
  });

  test('HEAD answers as GET does, without a body', async () => {
    const { body: chat } = await app.call('/chats/create', { key, body: { name: 'x' } });
    for (const to of [
      '/chats/',
      `/chats/${chat.id}`,
      '/healthz',
      '/docs',
      `/conversations/?chat_id=${chat.id}`,
    ]) {
      const [get, head] = [await app.call(to, { key }), await app.call(to, { method: 'HEAD', key })];
      assert.deepEqual([head.status, head.body], [get.status, ''], to);
      for (const name of ['content-type', 'cache-control', 'colloquy-version']) {
        assert.equal(head.headers.get(name), get.headers.get(name), `${to}: ${name}`);
      }
    }
    for (const [to, more, status] of [
      ['/chats/', {}, 401],
      [`/chats/${crypto.randomUUID()}`, { key }, 404],
      ['/chats/nonsense', { key }, 400],
      [`/api/generations/${crypto.randomUUID()}/stream`, { key }, 404],
    ] as const) {
      assert.equal((await app.call(to, { method: 'HEAD', ...more })).status, status, to);
    }
  });

  test('HEAD starts, attaches and counts nothing where GET streams', async () => {
    const { body: chat } = await app.call('/chats/create', { key, body: { name: 'x' } });
    const message = { chat_id: chat.id, role: 'Human', message: 'x' };
    const { body: question } = await app.call('/conversations/create', { key, body: message });
    const inference = `/conversations/inference/${question.id}`;
    const before = await app.call(inference, { method: 'HEAD', key });
    assert.equal(before.status, 200);
    assert.equal(before.headers.get('content-type'), 'text/event-stream; charset=utf-8');
    assert.equal(before.headers.get('content-location'), null);
    assert.equal((await app.call(`/conversations/?chat_id=${chat.id}`, { key })).body.length, 1);
    assert.equal((await app.call(inference, { method: 'HEAD' })).status, 401);
    const none = `/conversations/inference/${crypto.randomUUID()}`;
    assert.equal((await app.call(none, { method: 'HEAD', key })).status, 404);

    const live = await app.stream(inference, { key });
    await live.ended;
    const location = `/api/generations/${generationOf(live)}/stream`;
    for (const to of [inference, location]) {
      const head = await app.call(to, { method: 'HEAD', key });
      assert.equal(head.status, 200);
      assert.equal(head.headers.get('content-location'), location);
      assert.equal(head.headers.get('cache-control'), 'no-cache, no-transform');
    }
    const last = live.events.at(-1)?.id ?? '';
    const ended = await app.call(location, { method: 'HEAD', key, headers: { 'last-event-id': last } });
    assert.equal(ended.status, 204);
    assert.equal((await app.call('/healthz/stream', { method: 'HEAD' })).status, 200);
  });

  test('a body with an encoding or another charset is 415, which names it', async () => {
    const send = (headers: Record<string, string>) =>
      app.call(path, { key, body: JSON.stringify({ message: 'x' }), headers });
    for (const encoding of ['gzip', 'br', 'GZIP', 'identity, gzip']) {
      const { status, body } = await send({
        'content-type': 'application/json',
        'content-encoding': encoding,
      });
      assert.deepEqual([status, body.code], [415, 'unsupported'], encoding);
      assert.ok(body.error.includes(encoding.toLowerCase()), body.error);
    }
    for (const charset of ['utf-16', 'iso-8859-1', '"latin1"', 'us-ascii']) {
      const { status, body } = await send({ 'content-type': `application/json; charset=${charset}` });
      assert.deepEqual([status, body.code], [415, 'unsupported'], charset);
      assert.ok(body.error.includes(charset.replaceAll('"', '')), body.error);
    }
    for (const type of [
      'application/json; charset=UTF-8',
      'application/json;charset="utf-8"',
      'application/json',
    ]) {
      assert.equal((await send({ 'content-type': type, 'content-encoding': 'identity' })).status, 200, type);
    }
  });

  test('a credential that stands twice counts once, unless the two differ', async () => {
    const twice = (...headers: readonly string[]) => raw(request('GET /chats/ HTTP/1.1', host, ...headers));
    assert.equal((await twice(`X-API-Key: ${key}`, `x-api-key: ${key}`)).status, 200);
    assert.equal((await twice(`Authorization: Bearer ${key}`, `AUTHORIZATION: Bearer ${key}`)).status, 200);
    for (const headers of [
      [`X-API-Key: ${key}`, `X-API-Key: ${app.testKey}`],
      [`Authorization: Bearer ${key}`, 'Authorization: Bearer x'],
    ]) {
      const { status, body } = await twice(...headers);
      assert.equal(status, 400);
      assert.match(JSON.parse(body).error, /^the header \S+ stands twice/);
    }
  });

  test('a 400 about one field names it, in every envelope', async () => {
    const cases: readonly (readonly [to: string, body: object | undefined, field: string])[] = [
      [path, { message: 5 }, 'message'],
      [path, { message: 'x', persona: { alias: 5 } }, 'persona.alias'],
      [path, { message: 'x', nothing: 1 }, 'nothing'],
      ['/chats/create', {}, 'name'],
      ['/api/conversation/create', { title: 'x' }, 'org_id'],
      ['/chats/nonsense', undefined, 'id'],
    ];
    for (const [to, body, field] of cases) {
      const answer = await app.call(to, { key, ...(body !== undefined && { body }) });
      assert.equal(answer.status, 400, to);
      assert.equal(answer.body.field, field, JSON.stringify(answer.body));
    }
  });

  test('a message has something to see in it, and 200,000 characters outside the chat dialect', async () => {
    const { body: chat } = await app.call('/chats/create', { key, body: { name: 'x' } });
    const say = (role: string, message: string) =>
      app.call('/conversations/create', { key, body: { chat_id: chat.id, role, message } });
    const long = '😀'.repeat(200_000);
    for (const role of ['Human', 'Assistant']) {
      for (const blank of [' ', '\n\t', '\u200b\ufeff', '\u2800', '\u3164', '\u00ad\u2060']) {
        const { status, body } = await say(role, blank);
        assert.deepEqual([status, body.field], [400, 'message'], JSON.stringify(blank));
      }
      assert.equal((await say(role, long)).status, 201);
      assert.equal((await say(role, `${long}x`)).status, 400);
      assert.equal((await say(role, ' . ')).status, 201);
    }
    assert.equal((await app.call(path, { key, body: { message: '\u200d' } })).status, 400);
  });

  test('a user_id is not . or .., and a long one fits into a path', async () => {
    const idOf = (userId: string) => app.call('/api/chat/get_token', { key, body: { user_id: userId } });
    for (const bad of ['', '.', '..', 'x'.repeat(256)]) {
      const { status, body } = await idOf(bad);
      assert.deepEqual([status, body.field], [400, 'user_id'], bad);
    }
    for (const good of ['...', '.a', '😀'.repeat(255), 'a/b?c#d%', ' x ']) {
      const { status, body } = await idOf(good);
      assert.equal(status, 200, good);
      await app.call(path, { token: body.token, body: { message: 'x' } });
      const user = `/organizations/${app.harness.scope.organizationId}/users/${encodeURIComponent(good)}`;
      assert.equal((await app.admin('GET', `${user}/export`)).status, 200, good);
    }
  });

  test('JSON frames and JSON Lines have no line break that some readers split at', async () => {
    const signs = '\u0085\u2028\u2029';
    const { body } = await app.call('/api/chat/get_token', { key, body: { user_id: `u${signs}` } });
    const live = await app.stream(`${path}/stream`, { token: body.token, body: { message: `say ${signs}` } });
    await live.ended;
    assert.doesNotMatch(live.raw(), /[\u0085\u2028\u2029]/);
    const user = `/organizations/${app.harness.scope.organizationId}/users/${encodeURIComponent(`u${signs}`)}`;
    const exported = await app.admin('GET', `${user}/export`);
    assert.doesNotMatch(exported.body, /[\u0085\u2028\u2029]/);
    assert.match(exported.body, /\\u2028/);
  });
});
