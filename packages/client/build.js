/**
 * Makes `dist/`: one bundle per entry, without dependencies, and the declarations.
 *
 *   node build.js [directory]   into another directory than `dist/`
 *   node build.js --for-npm     and puts the licence beside it, which `npm pack` takes along; `--clean` takes it away again
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const licence = join(here, 'LICENSE');

/** @returns {string[]} */
function entryPoints() {
  const { exports } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
  return Object.values(exports).flatMap((entry) => entry['colloquy:source'] ?? []);
}

/** @param {string} dist */
async function make(dist) {
  rmSync(dist, { recursive: true, force: true });
  await build({
    absWorkingDir: here,
    entryPoints: entryPoints(),
    outdir: dist,
    bundle: true,
    splitting: true,
    format: 'esm',
    // Neither Node.js nor a browser alone.
    platform: 'neutral',
    packages: 'external',
    target: 'es2022',
    sourcemap: true,
  });
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  const project = ['--project', join(here, 'tsconfig.build.json'), '--outDir', dist];
  const { status } = spawnSync(process.execPath, [tsc, ...project], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

const [, , given] = process.argv;
if (given === '--clean') rmSync(licence, { force: true });
else {
  if (given === '--for-npm') copyFileSync(join(here, '../../LICENSE'), licence);
  await make(given === undefined || given === '--for-npm' ? join(here, 'dist') : given);
}
