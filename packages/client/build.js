/** Makes `dist/`: one bundle per entry, without dependencies, and the declarations. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const dist = process.argv[2] ?? join(here, 'dist');
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

rmSync(dist, { recursive: true, force: true });
await build({
  absWorkingDir: here,
  entryPoints: ['src/index.ts', 'src/store.ts'],
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
const { status } = spawnSync(
  process.execPath,
  [tsc, '--project', join(here, 'tsconfig.build.json'), '--outDir', dist],
  {
    stdio: 'inherit',
  },
);
process.exitCode = status ?? 1;
