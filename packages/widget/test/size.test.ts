/** What a page pays for the widget: printed, and bounded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';

const kilobyte = 1000;
const { makeFiles } = (await import(new URL('../bundle.js', import.meta.url).href)) as {
  makeFiles(bundler: typeof esbuild): Promise<ReadonlyMap<string, Uint8Array>>;
};

test('widget.js is below 30 kB gzipped, with what the first opening loads below 56, and nothing else is loaded with it', async (t) => {
  const files = await makeFiles(esbuild);
  const sizeOf = (name: string): number => gzipSync(files.get(name) ?? '', { level: 9 }).length;
  for (const name of files.keys())
    t.diagnostic(`${name}: ${(sizeOf(name) / kilobyte).toFixed(1)} kB gzipped`);
  const talk = [...files.keys()].find((name) => name.startsWith('widget-talk-')) ?? '';
  const sum = sizeOf('widget.js') + sizeOf(talk);
  t.diagnostic(`both: ${(sum / kilobyte).toFixed(1)} kB gzipped`);
  assert.ok(sizeOf('widget.js') <= 30 * kilobyte);
  assert.ok(sum <= 56 * kilobyte);
  assert.ok(sizeOf('widget.iife.js') <= kilobyte);
  const text = new TextDecoder().decode(files.get('widget.js'));
  assert.deepEqual([...text.matchAll(/\bimport\s*["'{*]|\bfrom\s*["']\.\//g)].map(String), []);
  // Each of what it loads later is there, and whole in itself.
  const later = [...text.matchAll(/import\("\.\/(widget-[^"]+)"\)/g)].map(([, name = '']) => name);
  assert.equal(later.length, 13);
  for (const name of later)
    assert.doesNotMatch(new TextDecoder().decode(files.get(name)), /\bimport\s*\(?["'{*]/, name);
});

test('the name with a hash is of the same bytes', async () => {
  const files = await makeFiles(esbuild);
  const hashed = [...files.keys()].filter((name) => /^widget-[0-9a-f]{12}\.js$/.test(name));
  assert.equal(hashed.length, 1);
  assert.deepEqual(files.get(hashed[0] ?? ''), files.get('widget.js'));
});
