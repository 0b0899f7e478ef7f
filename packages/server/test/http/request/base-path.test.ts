/** The path below which clients see the server, set or told by a proxy. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBasePath } from '../../../src/domain/text/base-path.ts';
import { startTestApp } from '../http-app.ts';

const trusted = { 'x-forwarded-prefix': '/chat/' };

test('with BASE_PATH, requests come with it or without it, and answers bear it', async () => {
  await using app = await startTestApp('sqlite', { basePath: '/chat' });
  const key = app.prodKey;
  for (const before of ['/chat', '']) {
    const stream = await app.stream(`${before}/api/chat/completion/stream`, { key, body: { message: 'Hi' } });
    await stream.ended;
    const location = stream.response.headers.get('content-location') ?? '';
    assert.match(location, /^\/chat\/api\/generations\/[^/]+\/stream$/);
    const again = await app.stream(location, { key });
    await again.ended;
    assert.equal(again.raw(), stream.raw());
    const head = await app.call(location, { key, method: 'HEAD' });
    assert.equal(head.headers.get('content-location'), location);
    const organization = await app.call(`${before}/api/admin/organizations`, {
      method: 'POST',
      headers: { authorization: `Bearer sk_admin_operator-of-the-tests-0123456789` },
      body: { name: 'New' },
    });
    assert.match(organization.headers.get('location') ?? '', /^\/chat\/api\/admin\/organizations\/[^/]+$/);
  }
  for (const elsewhere of ['/chatty/healthz', '/chat/chat/healthz', '/Chat/healthz'])
    assert.equal((await app.call(elsewhere)).status, 404, elsewhere);
  assert.equal((await app.call('/chat')).body.documentation, '/chat/docs');
  const { body: document } = await app.call('/chat/docs/openapi.json');
  assert.deepEqual(document.servers, [{ url: '/chat' }]);
  const moved = await fetch(`${app.url}/chat/docs/`, { redirect: 'manual' });
  assert.equal(moved.headers.get('location'), '/chat/docs');
});

test('a proxy that is trusted says the path, and nobody else', async () => {
  await using app = await startTestApp('sqlite', { trustedProxies: ['127.0.0.0/8', '::1/128'] });
  await using other = await startTestApp('sqlite', { trustedProxies: ['10.0.0.0/8'] });
  const documentation = async (headers: Record<string, string>, { url } = app): Promise<unknown> =>
    ((await (await fetch(url, { headers })).json()) as { documentation: string }).documentation;
  assert.equal(await documentation(trusted), '/chat/docs');
  assert.equal(await documentation({}), '/docs');
  assert.equal(await documentation(trusted, other), '/docs');
  for (const bad of [
    '//evil.example',
    'chat',
    '/a b',
    '/a/../b',
    '/a"b',
    'https://evil.example/x',
    `/${'a'.repeat(300)}`,
  ])
    assert.equal(await documentation({ 'x-forwarded-prefix': bad }), '/docs', bad);
  const key = app.prodKey;
  const call = { key, headers: trusted, body: { message: 'Hi' } };
  const stream = await app.stream('/api/chat/completion/stream', call);
  assert.match(stream.response.headers.get('content-location') ?? '', /^\/chat\/api\/generations\//);
  await stream.ended;
});

test('the page of the documentation names nothing by an absolute path', async () => {
  await using app = await startTestApp('sqlite');
  const { body: page } = await app.call('/docs');
  assert.deepEqual([...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address).sort(), [
    'data:,',
    'docs/openapi.json',
    'docs/scalar.js',
    'docs/start.js',
  ]);
  assert.ok(!(await app.call('/docs/start.js')).body.includes("'/docs"));
});

test('what may be such a path', () => {
  for (const good of ['/chat', '/apps/chat-1.2', '/a_b~c']) assert.ok(isBasePath(good), good);
  for (const bad of [
    '',
    '/',
    'chat',
    '/chat/',
    '//chat',
    '/a//b',
    '/..',
    '/a/.',
    '/ä',
    '/a%20b',
    '/a?b',
    '/a#b',
  ])
    assert.ok(!isBasePath(bad), bad);
});
