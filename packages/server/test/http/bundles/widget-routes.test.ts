/** `/widget.js` and its kind, as pages of other origins load them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BrowserBundle, BundleState } from '../../../src/bundles/browser-bundles.ts';
import { filesInMemory } from '../../../src/bundles/files.ts';
import { startTestApp } from '../http-app.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const files = filesInMemory(
  new Map([
    ['widget.js', bytes('now')],
    ['widget.iife.js', bytes('classic')],
    ['widget-0a1b2c.js', bytes('now')],
    ['widget-de-3d4e5f.js', bytes('deutsch')],
  ]),
);
const bundleOf = (state: BundleState): BrowserBundle => ({ prepare: async () => state, state: () => state });

test('any page may load them: what has a hash in its name for ever, the others for an hour', async () => {
  const widget = bundleOf({ state: 'ready', files });
  await using app = await startTestApp('sqlite', { browserBundles: { widget }, basePath: '/chat' });
  for (const [name, body, cache] of [
    ['widget.js', 'now', 'public, max-age=3600'],
    ['widget.iife.js', 'classic', 'public, max-age=3600'],
    ['widget-0a1b2c.js', 'now', 'public, max-age=31536000, immutable'],
    ['widget-de-3d4e5f.js', 'deutsch', 'public, max-age=31536000, immutable'],
  ]) {
    const response = await fetch(`${app.url}/chat/${name}`, { headers: { origin: 'https://shop.example' } });
    assert.deepEqual(
      [
        response.status,
        await response.text(),
        ...[
          'content-type',
          'cache-control',
          'access-control-allow-origin',
          'cross-origin-resource-policy',
        ].map((header) => response.headers.get(header)),
      ],
      [200, body, 'text/javascript; charset=utf-8', cache, '*', 'cross-origin'],
      name,
    );
  }
});

test('a browser that has it is told so', async () => {
  const widget = bundleOf({ state: 'ready', files });
  await using app = await startTestApp('sqlite', { browserBundles: { widget } });
  const etag = (await fetch(`${app.url}/widget.js`)).headers.get('etag') ?? '';
  assert.match(etag, /^"[\w-]+"$/);
  for (const tag of [etag, `W/${etag}`, `"other", ${etag}`]) {
    const again = await fetch(`${app.url}/widget.js`, { headers: { 'if-none-match': tag } });
    assert.deepEqual([again.status, again.headers.get('etag'), await again.text()], [304, etag, '']);
  }
  const other = await fetch(`${app.url}/widget.js`, { headers: { 'if-none-match': '"other"' } });
  assert.equal(other.status, 200);
});

test('other names are not there, and one that could not be made may be there later', async () => {
  const widget = bundleOf({ state: 'ready', files });
  await using app = await startTestApp('sqlite', { browserBundles: { widget } });
  for (const name of ['widget-none.js', 'widget-..%2fsecret', 'widget-']) {
    assert.equal((await app.call(`/${name}`)).status, 404, name);
  }
  const failed = bundleOf({ state: 'failed', problem: 'no esbuild' });
  await using broken = await startTestApp('sqlite', { browserBundles: { widget: failed } });
  const { status, body } = await broken.call('/widget.js');
  assert.deepEqual([status, body.code], [503, 'overloaded']);
});
