/** What a browser loads before anything is shown: the page, its stylesheet, and all that the entry imports at once. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import { makeFiles } from '../bundle.js';

/** Bytes, gzipped. */
const budget = 90_000;

test('the first load stays within its budget', async (t) => {
  const files = await makeFiles(esbuild);
  const page = new TextDecoder().decode(files.get('index.html'));
  const loaded = [...page.matchAll(/(?:src|href)="\{base-path\}\/console\/(assets\/[^"]+)"/g)].map(
    ([, path]) => path ?? '',
  );
  assert.ok(
    loaded.some((path) => path.endsWith('.js')) && loaded.some((path) => path.endsWith('.css')),
    page,
  );
  // Nothing that a loaded script imports at once is missing from the list.
  for (const path of loaded.filter((one) => one.endsWith('.js'))) {
    const script = new TextDecoder().decode(files.get(path));
    const imported = [...script.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)].map(
      ([, name]) => `assets/${name}`,
    );
    for (const name of imported) assert.ok(loaded.includes(name), `${path} imports ${name}`);
  }
  // Each language but English is a chunk of its own.
  for (const path of loaded) assert.doesNotMatch(new TextDecoder().decode(files.get(path)), /Unterhaltung/);
  const sizes = ['index.html', ...loaded].map((path) => {
    const bytes = files.get(path);
    assert.ok(bytes, path);
    return [path, gzipSync(bytes, { level: 9 }).length] as const;
  });
  const sum = sizes.reduce((total, [, size]) => total + size, 0);
  t.diagnostic(
    `first load: ${sum} bytes gzipped (${sizes.map(([path, size]) => `${path} ${size}`).join(', ')})`,
  );
  assert.ok(sum <= budget, `${sum} bytes, and ${budget} are allowed`);
});

test('nothing in it needs what the content security policy forbids', async () => {
  const page = new TextDecoder().decode((await makeFiles(esbuild)).get('index.html'));
  assert.doesNotMatch(page, /<style|style=|<script>|\son\w+=/);
  const places = ['../src', '../../ui/src'].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  for (const place of places) {
    for (const name of await readdir(place, { recursive: true })) {
      if (!/\.tsx?$/.test(name)) continue;
      const source = await readFile(join(place, name), 'utf8');
      assert.doesNotMatch(
        source,
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|new Function\(|\beval\(/i,
        name,
      );
      assert.doesNotMatch(source, /\sstyle="/, name);
    }
  }
});
