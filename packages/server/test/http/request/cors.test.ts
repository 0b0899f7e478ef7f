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

  const preflight = (to: string, headers: Record<string, string> = {}) =>
    app.call(to, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', ...headers },
    });

  test('a preflight is answered for every origin, without a credential, and grants the headers it asks for', async () => {
    const asked = 'content-type, x-client-id, x-stainless-os,x-api-key';
    for (const to of [path, '/api/generations/x/stream', '/chats/', '/nowhere']) {
      const { status, headers } = await preflight(to, { 'access-control-request-headers': asked });
      assert.equal(status, 204);
      assert.equal(headers.get('access-control-allow-origin'), origin);
      assert.equal(headers.get('access-control-allow-headers'), asked);
      assert.match(headers.get('access-control-allow-methods') ?? '', /POST/);
      assert.equal(headers.get('access-control-allow-credentials'), null);
      assert.equal(headers.get('vary'), 'Origin, Access-Control-Request-Headers');
    }
    assert.match((await preflight(path)).headers.get('access-control-allow-headers') ?? '', /Authorization/);
    const odd = await preflight(path, { 'access-control-request-headers': 'a'.repeat(5000) });
    assert.match(odd.headers.get('access-control-allow-headers') ?? '', /^Authorization/);
  });

  test('what operators and the documentation read is not for other origins', async () => {
    for (const to of [
      '/metrics',
      '/readyz',
      '/healthz',
      '/healthz/stream?count=1',
      '/docs/openapi.json',
      '/docs',
    ]) {
      const { status, headers } = await app.call(to, { headers: { origin } });
      assert.equal(status, 200, to);
      const granted = [...headers.keys()].filter((name) => name.startsWith('access-control-'));
      assert.deepEqual(granted, [], to);
      const { status: refused, headers: more } = await preflight(to);
      assert.equal(refused, 405, to);
      assert.equal(more.get('access-control-allow-origin'), null);
    }
  });

  test('a key without allowed_origins serves any origin; errors can be read too', async () => {
    const good = await app.call(path, { key: app.prodKey, body, headers: { origin } });
    assert.equal(good.status, 200);
    assert.equal(good.headers.get('access-control-allow-origin'), origin);
    assert.equal(
      good.headers.get('access-control-expose-headers'),
      'X-Request-Id, X-Conversation-Id, Colloquy-Version, Location, Content-Location, Retry-After, RateLimit, RateLimit-Policy, Allow',
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

  test('a pattern stands for the subdomains, one label or more, of its scheme and port', async () => {
    const { personaId } = app.harness.persona;
    const { key } = await app.key('prod', {
      default_persona_id: personaId,
      allowed_origins: ['https://*.shop.example', 'http://*.local.example:8080'],
    });
    const statusFrom = async (from: string): Promise<number> =>
      (await app.call(path, { key, body, headers: { origin: from } })).status;
    for (const good of [
      'https://a.shop.example',
      'https://a.b-c.shop.example',
      'http://x.local.example:8080',
    ]) {
      assert.equal(await statusFrom(good), 200, good);
    }
    for (const bad of [
      'https://shop.example',
      'https://.shop.example',
      'http://a.shop.example',
      'https://a.shop.example:444',
      'https://evilshop.example',
      'https://evil.example/.shop.example',
      'https://a.shop.example.evil.example',
      'http://x.local.example',
      'null',
    ]) {
      assert.equal(await statusFrom(bad), 403, bad);
    }
  });

  test('allowed_origins takes nothing else', async () => {
    const organization = `/organizations/${app.harness.scope.organizationId}`;
    for (const bad of [
      '*',
      'https://*',
      'https://*.example',
      'https://*.*.example.com',
      'https://a.*.example.com',
      'https://*.example.com/',
      'https://*example.com',
      '*.example.com',
      'null',
      'https://www.example.com/page',
      'HTTPS://www.example.com',
      'ftp://www.example.com',
      'https://*..example.com',
    ]) {
      const made = await app.admin('POST', `${organization}/keys`, {
        name: 'x',
        type: 'prod',
        allowed_origins: ['https://good.example.com', bad],
      });
      assert.equal(made.status, 400, bad);
      assert.equal(made.body.field, 'allowed_origins.1', bad);
    }
  });

  test('the administration is not for other origins', async () => {
    const { status, headers } = await app.call('/api/admin/organizations', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET' },
    });
    assert.equal(status, 405);
    assert.equal(headers.get('access-control-allow-origin'), null);
  });
});
