/**
 * Makes `dist/`, which npm publishes: `index.js` for bundlers, `widget.js` and `widget.iife.js` for script tags, and what
 * they load later.
 *
 *   node build.js [directory]   into another directory than `dist/`
 *   node build.js --for-npm     and puts the licence beside it, which `npm pack` takes along; `--clean` takes it away again
 */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { bundleEntry, makeFiles } from './bundle.js';

const here = dirname(fileURLToPath(import.meta.url));
const licence = join(here, 'LICENSE');

/** @param {string} dist */
async function make(dist) {
  const files = await makeFiles(esbuild);
  files.set('index.js', await bundleEntry(esbuild, 'index.ts', files));
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  for (const [name, contents] of files) writeFileSync(join(dist, name), contents);
}

const [, , given] = process.argv;
if (given === '--clean') rmSync(licence, { force: true });
else {
  if (given === '--for-npm') copyFileSync(join(here, '../../LICENSE'), licence);
  await make(given === undefined || given === '--for-npm' ? join(here, 'dist') : given);
}
