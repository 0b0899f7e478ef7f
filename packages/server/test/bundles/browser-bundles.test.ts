/** The pages for browsers: made once for each state of the sources, kept on disk, or in memory where there is none. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createBrowserBundles } from '../../src/bundles/browser-bundles.ts';
import {
  findNewest,
  isStored,
  keyOfSources,
  noteNewest,
  stateOfSources,
  store,
  sweep,
} from '../../src/bundles/cache.ts';
import { filesOfDirectory } from '../../src/bundles/files.ts';
import { silentLogger } from '../../src/domain/logger.ts';

const place = await mkdtemp(join(tmpdir(), 'colloquy-bundles-'));
after(() => rm(place, { recursive: true, force: true }));

const bytes = (text: string) => new TextEncoder().encode(text);
const files = new Map([
  ['index.html', bytes('<p>')],
  ['assets/main.js', bytes('plain')],
  ['assets/main.js.br', bytes('br')],
]);

test('a bundle is made once, and another server on the directory takes it as it is', async () => {
  const dataDir = join(place, 'data');
  const messages: string[] = [];
  const log = { ...silentLogger, info: (_details: object, message: string) => void messages.push(message) };
  for (let starts = 0; starts < 2; starts += 1) {
    const { console: bundle } = createBrowserBundles({ dataDir, log });
    assert.equal(bundle.state().state, 'making');
    const made = await bundle.prepare();
    assert.ok(made.state === 'ready', JSON.stringify(made));
    const page = await made.files.read('index.html', new Set());
    const [, script = ''] =
      /src="\{base-path\}\/console\/([^"]+)"/.exec(Buffer.from(page?.bytes ?? []).toString()) ?? [];
    assert.match(script, /^assets\/main-[A-Z0-9]{8}\.js$/);
    const plain = await made.files.read(script, new Set());
    const compressed = await made.files.read(script, new Set(['br', 'gzip']));
    assert.equal(compressed?.encoding, 'br');
    assert.ok(compressed.bytes.length < (plain?.bytes.length ?? 0));
    assert.equal(await made.files.read('../secret', new Set()), undefined);
  }
  assert.deepEqual(messages, ['pages for browsers were made']);
  const [folder = '', ...others] = (await readdir(join(dataDir, 'cache/console'))).sort();
  assert.deepEqual(others, ['newest.json']);
  // What was deleted, and what nobody can read, is made again.
  await rm(join(dataDir, 'cache/console', folder), { recursive: true });
  await createBrowserBundles({ dataDir, log }).console.prepare();
  await writeFile(join(dataDir, 'cache/console/newest.json'), '{');
  assert.equal((await createBrowserBundles({ dataDir, log }).console.prepare()).state, 'ready');
  assert.equal(messages.length, 2);
});

test('where nothing can be written, it stays in memory', async () => {
  const dataDir = join(place, 'no-directory');
  await writeFile(dataDir, '');
  const made = await createBrowserBundles({ dataDir, log: silentLogger }).console.prepare();
  assert.ok(made.state === 'ready');
  assert.notEqual(await made.files.read('index.html', new Set()), undefined);
});

test('a server that stops meanwhile leaves nobody behind who writes', async () => {
  const dataDir = join(place, 'stopped');
  const warnings: string[] = [];
  const log = { ...silentLogger, warn: (_details: object, message: string) => void warnings.push(message) };
  const { console: bundle } = createBrowserBundles({ dataDir, log });
  const making = bundle.prepare();
  await bundle[Symbol.asyncDispose]();
  assert.equal((await making).state, 'failed');
  await rm(dataDir, { recursive: true, force: true });
  assert.equal((await bundle.prepare()).state, 'failed');
  assert.equal(existsSync(dataDir), false);
  assert.deepEqual(warnings, []);
});

test('the process that makes it ends with the one that waits for it', async () => {
  const directory = join(place, 'orphaned');
  const script = fileURLToPath(new URL('../../bin/browser-bundle.js', import.meta.url));
  const child = spawn(process.execPath, ['--no-warnings', script, 'console', '--cache', directory, script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end();
  const [code] = await once(child, 'exit');
  assert.deepEqual([code, existsSync(directory)], [1, false]);
});

test('the newest bundle is known by sizes and times of change, until a source is written, added or taken away', async () => {
  const sources = join(place, 'watched');
  const directory = join(place, 'newest');
  const key = 'c'.repeat(24);
  await mkdir(sources);
  await writeFile(join(sources, 'a.ts'), '1');
  await store(directory, key, files);
  const state = await stateOfSources([sources]);
  assert.equal(await findNewest(directory, state), undefined);
  await noteNewest(directory, { state, key });
  assert.equal(await findNewest(directory, await stateOfSources([sources])), key);
  const states = [state];
  await utimes(join(sources, 'a.ts'), 1, 1);
  states.push(await stateOfSources([sources]));
  await writeFile(join(sources, 'b.ts'), '');
  states.push(await stateOfSources([sources]));
  await rm(join(sources, 'a.ts'));
  states.push(await stateOfSources([sources]));
  assert.equal(new Set(states).size, 4);
  for (const other of states.slice(1)) assert.equal(await findNewest(directory, other), undefined);
  await rm(join(directory, key), { recursive: true });
  assert.equal(await findNewest(directory, state), undefined);
});

test('the key follows names and contents of the sources', async () => {
  const sources = join(place, 'sources');
  await mkdir(join(sources, 'deep'), { recursive: true });
  await writeFile(join(sources, 'deep/a.ts'), '1');
  const key = await keyOfSources([sources]);
  assert.equal(await keyOfSources([sources]), key);
  await writeFile(join(sources, 'deep/a.ts'), '2');
  const changed = await keyOfSources([sources]);
  await writeFile(join(sources, 'deep/b.ts'), '');
  assert.equal(new Set([key, changed, await keyOfSources([sources])]).size, 3);
});

test('two that store the same at once both succeed, and leave nothing unfinished behind', async () => {
  const directory = join(place, 'stored');
  const key = 'a'.repeat(24);
  await Promise.all([store(directory, key, files), store(directory, key, files)]);
  assert.deepEqual(await readdir(directory), [key]);
  assert.deepEqual([await isStored(directory, key), await isStored(directory, 'b')], [true, false]);
  const read = await filesOfDirectory(join(directory, key));
  const sent = await read.read('assets/main.js', new Set(['gzip', 'br']));
  assert.deepEqual([Buffer.from(sent?.bytes ?? []).toString(), sent?.encoding], ['br', 'br']);
  assert.equal((await read.read('assets/main.js', new Set(['gzip'])))?.encoding, undefined);
});

test('what no start has taken for a week is swept, and nothing else', async () => {
  const directory = join(place, 'swept');
  const [old, taken, foreign] = ['a'.repeat(24), 'b'.repeat(24), 'notes'];
  const before = new Date(Date.now() - 8 * 24 * 3_600_000);
  for (const key of [old, taken, foreign]) {
    await store(directory, key, files);
    await utimes(join(directory, key), before, before);
  }
  assert.ok(await isStored(directory, taken));
  await sweep(directory, Date.now());
  assert.deepEqual((await readdir(directory)).toSorted(), [taken, foreign]);
});
