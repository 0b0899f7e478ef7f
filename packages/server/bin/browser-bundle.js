/**
 * Makes the files that browsers load, out of `packages/<name>/bundle.js`, and compresses each once.
 *
 *   browser-bundle.js NAME --into DIRECTORY              writes them there
 *   browser-bundle.js NAME --cache DIRECTORY SOURCE…     keeps them in `DIRECTORY/<hash of the sources>`
 *
 * The second is what a server runs that has the sources. It reads from standard output, serialized by `node:v8`, either
 * `{ key, ms }` (`ms` where they were made now), or `{ files, ms, problem }` where the directory takes none. The server is
 * its standard input: at its end nobody waits for the pages any more.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { URL } from 'node:url';
import { promisify } from 'node:util';
import { serialize } from 'node:v8';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** Smaller files gain nothing. */
const leastBytes = 512;

/** Level 11 takes ten times as long for 3 % less. */
const brotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

/** @typedef {{ makeFiles(options: typeof import('esbuild')): Promise<Map<string, Uint8Array>> }} BundleModule */

/** @param {string} name a folder of `packages` @returns {Promise<Map<string, Uint8Array>>} */
async function makeBrowserBundle(name) {
  const esbuild = await import('esbuild').catch((error) => {
    throw new Error(
      `esbuild, which makes the pages for browsers, could not be loaded: ${error.message}\n` +
        'A checkout needs the packages of "npm ci"; the published package colloquy has the pages in it.',
    );
  });
  /** @type {BundleModule} */
  const { makeFiles } = await import(new URL(`../../${name}/bundle.js`, import.meta.url).href);
  const files = await makeFiles(esbuild);
  const compressed = await Promise.all([...files].map(([path, bytes]) => compress(path, bytes)));
  return new Map([...files, ...compressed.flat()]);
}

/**
 * @param {string} path
 * @param {Uint8Array} bytes
 * @returns {Promise<[string, Uint8Array][]>}
 */
async function compress(path, bytes) {
  if (bytes.length < leastBytes) return [];
  const [small, smaller] = await Promise.all([
    promisify(gzip)(bytes, { level: 9 }),
    promisify(brotliCompress)(bytes, brotliOptions),
  ]);
  return [
    [`${path}.gz`, small],
    [`${path}.br`, smaller],
  ];
}

/** @param {string} directory @param {Map<string, Uint8Array>} files */
function writeFiles(directory, files) {
  rmSync(directory, { recursive: true, force: true });
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), bytes);
  }
}

/** @param {string} name @param {string} directory @param {readonly string[]} sources */
async function makeOnce(name, directory, sources) {
  const { keyOfSources, isStored, store, sweep } = await import('../src/bundles/cache.ts');
  const key = await keyOfSources(sources);
  if (await isStored(directory, key)) return { key };
  const startedAt = performance.now();
  const files = await makeBrowserBundle(name);
  const ms = Math.round(performance.now() - startedAt);
  try {
    await store(directory, key, files);
    await sweep(directory, Date.now());
    return { key, ms };
  } catch (error) {
    return { files, ms, problem: error instanceof Error ? error.message : String(error) };
  }
}

const [name = '', option, directory = '', ...sources] = process.argv.slice(2);
try {
  if (option === '--into') writeFiles(directory, await makeBrowserBundle(name));
  else {
    process.stdin.resume().once('close', () => process.exit(1));
    process.stdin.unref();
    process.stdout.write(serialize(await makeOnce(name, directory, sources)));
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
