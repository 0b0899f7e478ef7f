/** Requests from browsers of other origins. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { startTestApp } from '../http-app.ts';

const app = await startTestApp('sqlite');
const origin = 'https://www.example.com';
const path = '/api/chat/completion';
const body = { message: 'x' };

describe('CORS', () => {
  after(() => app[Symbol.asyncDispose]());

  test('a preflight is answered for every origin, without a credential', async () => {
    for (const to of [path, '/api/generations/x/stream', '/nowhere']) {
      const { status, headers } = await app.call(to, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
      assert.equal(status, 204);
      assert.equal(headers.get('access-control-allow-origin'), origin);
      assert.equal(
        headers.get('access-control-allow-headers'),
        'Authorization, X-API-Key, Content-Type, Last-Event-ID, Idempotency-Key',
      );
      assert.match(headers.get('access-control-allow-methods') ?? '', /POST/);
      assert.equal(headers.get('access-control-allow-credentials'), null);
      assert.equal(headers.get('vary'), 'Origin');
    }
  });

  test('a key without allowed_origins serves any origin; errors can be read too', async () => {
    const good = await app.call(path, { key: app.prodKey, body, headers: { origin } });
    assert.equal(good.status, 200);
    assert.equal(good.headers.get('access-control-allow-origin'), origin);
    assert.equal(
      good.headers.get('access-control-expose-headers'),
      'X-Request-Id, Content-Location, Retry-After, RateLimit, RateLimit-Policy',
    );
    const bad = await app.call(path, { body, headers: { origin } });
    assert.equal(bad.status, 401);
    assert.equal(bad.headers.get('access-control-allow-origin'), origin);
    const stream = await app.stream(`${path}/stream`, { key: app.prodKey, body, headers: { origin } });
    assert.equal(stream.response.headers.get('access-control-allow-origin'), origin);
    await stream.ended;
  });

  test("with allowed_origins, only these, for the key's tokens too; and calls without an Origin", async () => {
    const { personaId } = app.harness.persona;
    const { key } = await app.key('prod', { default_persona_id: personaId, allowed_origins: [origin] });
    assert.equal((await app.call(path, { key, body, headers: { origin } })).status, 200);
    assert.equal((await app.call(path, { key, body })).status, 200);
    const other = { origin: 'https://evil.example' };
    const refused = await app.call(path, { key, body, headers: other });
    assert.equal(refused.status, 403);
    assert.equal(refused.headers.get('access-control-allow-origin'), null);
    const { token } = (await app.call('/api/chat/get_token', { key, body: { user_id: 'ada' } })).body;
    assert.equal((await app.call(path, { token, body, headers: { origin } })).status, 200);
    assert.equal((await app.call(path, { token, body, headers: other })).status, 403);
  });

  test('the administration is not for other origins', async () => {
    const { status, headers } = await app.call('/api/admin/organizations', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET' },
    });
    assert.equal(status, 404);
    assert.equal(headers.get('access-control-allow-origin'), null);
  });
});
