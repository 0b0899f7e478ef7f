/** Tokens: one for each organization, fetched once for all who ask, renewed, and dropped where they are refused. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, beforeEach, test } from 'node:test';
import { ApiError, withQuery } from '../../src/api/request.ts';
import { sendAs, sessionState, signedIn, tokenFor } from '../../src/api/session.ts';

const asked: string[] = [];
let lifetimeSeconds = 300;
let tokenStatus = 200;
let made = 0;
let good: RegExp = /./;
const server = createServer((request, response) => {
  const authorization = request.headers.authorization ?? '';
  asked.push(`${request.method} ${request.url} ${authorization}`.trim());
  if (request.url === '/api/console/token') {
    made += 1;
    const expires_at = Math.floor(Date.now() / 1000) + lifetimeSeconds;
    response.statusCode = tokenStatus;
    response.end(
      JSON.stringify({ token: `token-${made}`, expires_at, error: 'over', code: 'unauthenticated' }),
    );
  } else if (good.test(authorization)) response.end('{}');
  else {
    response.setHeader('X-Request-Id', 'the-id').statusCode = 401;
    response.end(JSON.stringify({ error: 'the token is not good', code: 'unauthenticated', field: 'token' }));
  }
}).listen(0, '127.0.0.1');
after(() => server.close());
await once(server, 'listening');
const { fetch } = globalThis;
globalThis.fetch = (path, init) =>
  fetch(
    new URL(
      String(path).replace(/^.*(?=\/api)/, ''),
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ),
    init,
  );
after(() => {
  globalThis.fetch = fetch;
});

const session = {
  account: { id: 'a', name: 'Ada', email: 'ada@example.com' },
  organizations: [],
  operator: true,
};

beforeEach(() => {
  asked.length = 0;
  made = 0;
  lifetimeSeconds = 300;
  tokenStatus = 200;
  good = /./;
  signedIn(session);
});

test('calls at the same time share one token, and later ones use it', async () => {
  const target = { org_id: 'one' };
  assert.deepEqual(await Promise.all([tokenFor(target), tokenFor(target)]), ['token-1', 'token-1']);
  assert.equal(await tokenFor(target), 'token-1');
  assert.equal(await tokenFor({ operator: true }), 'token-2');
  assert.equal(made, 2);
});

test('a token is renewed before it ends', async () => {
  lifetimeSeconds = 20;
  assert.equal(await tokenFor({ org_id: 'one' }), 'token-1');
  assert.equal(await tokenFor({ org_id: 'one' }), 'token-2');
});

test('a token that is refused is fetched again, once', async () => {
  good = /token-2/;
  await sendAs({ org_id: 'one' }, 'GET', '/api/x');
  assert.deepEqual(asked, [
    'POST /api/console/token',
    'GET /api/x Bearer token-1',
    'POST /api/console/token',
    'GET /api/x Bearer token-2',
  ]);
  good = /never/;
  const refusal = await sendAs({ org_id: 'one' }, 'GET', '/api/x').catch((error: unknown) => error);
  assert.ok(refusal instanceof ApiError);
  assert.deepEqual(
    [refusal.status, refusal.code, refusal.field, refusal.requestId],
    [401, 'unauthenticated', 'token', 'the-id'],
  );
  assert.equal(sessionState.get().state, 'signed-in');
});

test('where the session is over, nobody is signed in any more', async () => {
  tokenStatus = 401;
  await assert.rejects(tokenFor({ org_id: 'one' }), ApiError);
  assert.equal(sessionState.get().state, 'signed-out');
});

test('a query holds what is set', () => {
  assert.equal(
    withQuery('/x', { a: 1, b: '', c: undefined, d: null, e: false, f: 'ö &' }),
    '/x?a=1&e=false&f=%C3%B6+%26',
  );
  assert.equal(withQuery('/x', {}), '/x');
  assert.equal(withQuery('/x?a=1', { b: 2 }), '/x?a=1&b=2');
});
