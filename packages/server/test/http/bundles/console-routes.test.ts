/** What `/console` answers while the console is made, afterwards, and where it can't be made. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BrowserBundle, BundleState } from '../../../src/bundles/browser-bundles.ts';
import { filesInMemory } from '../../../src/bundles/files.ts';
import { startTestApp } from '../http-app.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const files = filesInMemory(
  new Map([
    ['index.html', bytes('<script src="{base-path}/console/assets/main-1.js"></script>')],
    ['assets/main-1.js', bytes('plain')],
    ['assets/main-1.js.gz', bytes('gz')],
    ['assets/main-1.js.br', bytes('br')],
  ]),
);

/** A bundle that becomes what the test says, when it says so. */
function scriptedBundle() {
  let state: BundleState = { state: 'making' };
  const made = Promise.withResolvers<BundleState>();
  const bundle: BrowserBundle = { prepare: () => made.promise, state: () => state };
  return {
    bundle,
    become(next: BundleState) {
      state = next;
      made.resolve(next);
    },
  };
}

const html = { accept: 'text/html,application/xhtml+xml' };

test('while it is made, the page waits for a script that is answered when it is there', async () => {
  const { bundle, become } = scriptedBundle();
  await using app = await startTestApp('sqlite', { browserBundles: { console: bundle }, basePath: '/chat' });
  const waiting = await fetch(`${app.url}/chat/console`, { headers: html });
  assert.deepEqual([waiting.status, waiting.headers.get('retry-after')], [503, '1']);
  assert.match(await waiting.text(), /src="\/chat\/console\/ready.js"/);
  const script = fetch(`${app.url}/chat/console/ready.js`);
  become({ state: 'ready', files });
  assert.equal(await (await script).text(), 'location.reload();\n');
  const page = await fetch(`${app.url}/chat/console/personas/x?y=z`, { headers: html });
  assert.equal(page.status, 200);
  assert.equal(await page.text(), '<script src="/chat/console/assets/main-1.js"></script>');
  assert.equal(page.headers.get('cache-control'), 'no-cache');
  assert.equal(
    page.headers.get('content-security-policy'),
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  );
});

test('assets are immutable and compressed as the browser takes it', async () => {
  const { bundle, become } = scriptedBundle();
  become({ state: 'ready', files });
  await using app = await startTestApp('sqlite', { browserBundles: { console: bundle } });
  const raw = async (encoding: string) => {
    const response = await fetch(`${app.url}/console/assets/main-1.js`, {
      method: 'HEAD',
      headers: { 'accept-encoding': encoding },
    });
    return [response.headers.get('content-encoding'), response.headers.get('content-length')];
  };
  assert.deepEqual(await raw('gzip, deflate, br'), ['br', '2']);
  assert.deepEqual(await raw('gzip, br;q=0'), ['gzip', '2']);
  assert.deepEqual(await raw('identity'), [null, '5']);
  const plain = await fetch(`${app.url}/console/assets/main-1.js`, {
    headers: { 'accept-encoding': 'identity' },
  });
  assert.equal(await plain.text(), 'plain');
  assert.deepEqual(
    ['cache-control', 'content-type', 'vary', 'x-content-type-options'].map((name) =>
      plain.headers.get(name),
    ),
    ['public, max-age=31536000, immutable', 'text/javascript; charset=utf-8', 'Accept-Encoding', 'nosniff'],
  );
  for (const path of ['missing.js', '..%2findex.html', '%2e%2e%2fsecret']) {
    const missing = await app.call(`/console/assets/${path}`);
    assert.equal(missing.status, 404, path);
    assert.equal(missing.body.code, 'not_found', path);
  }
});

test('where it could not be made, the page says why, and the rest of the server is untouched', async () => {
  const { bundle, become } = scriptedBundle();
  become({ state: 'failed', problem: 'a <b> is missing & gone' });
  await using app = await startTestApp('sqlite', { browserBundles: { console: bundle } });
  const page = await fetch(`${app.url}/console`, { headers: html });
  assert.equal(page.status, 503);
  assert.match(await page.text(), /a &lt;b&gt; is missing &amp; gone/);
  assert.equal((await app.call('/console/assets/main-1.js')).status, 404);
  assert.equal((await app.call('/healthz')).status, 200);
});

test('/ leads browsers to the console, and tells programs where it is', async () => {
  const { bundle } = scriptedBundle();
  await using app = await startTestApp('sqlite', { browserBundles: { console: bundle }, basePath: '/chat' });
  const moved = await fetch(`${app.url}/`, { headers: html, redirect: 'manual' });
  assert.deepEqual([moved.status, moved.headers.get('location')], [302, '/chat/console']);
  assert.equal((await app.call('/')).body.console, '/chat/console');
  await using without = await startTestApp('sqlite');
  const { status, body } = await without.call('/', { headers: html });
  assert.deepEqual([status, 'console' in body], [200, false]);
});
