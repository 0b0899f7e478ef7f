/** Which form of the program runs: the bundle in `dist/`, or the sources as they stand. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath, URL } from 'node:url';
import { keepCompiled } from './compiled.js';

const home = new URL('../', import.meta.url);

/**
 * Runs the command line. A server is started from the bundle, which is made first where it is outdated; without
 * one (esbuild is missing, the folder is read-only), and for other commands, the sources do the same.
 * @param {readonly string[]} args
 */
export async function runProgram(args) {
  const isServer = args.length === 0 || args[0] === 'start';
  const hasBundle = isCurrent() || (isServer && makeBundle());
  if (hasBundle) keepCompiled();
  const { run } = await import(new URL(hasBundle ? 'dist/cli.js' : 'src/cli/cli.ts', home).href);
  await run(args);
}

/** Whether the bundle was made from the sources and packages that are there. A published package has no sources. */
function isCurrent() {
  const list = new URL('dist/inputs.json', home);
  if (!existsSync(list)) return false;
  if (!existsSync(new URL('src/cli/cli.ts', home))) return true;
  try {
    /** @type {[path: string, size: number, mtimeMs: number][]} */
    const inputs = JSON.parse(readFileSync(list, 'utf8'));
    return inputs.every(([path, size, mtimeMs]) => {
      const now = statSync(new URL(path, home), { throwIfNoEntry: false });
      return now?.size === size && now.mtimeMs === mtimeMs;
    });
  } catch {
    return false;
  }
}

/** Takes about a second, in a process of its own, which takes its memory along. */
function makeBundle() {
  try {
    accessSync(home, constants.W_OK);
  } catch {
    return false;
  }
  const script = fileURLToPath(new URL('bundle.js', import.meta.url));
  return spawnSync(process.execPath, [script], { stdio: 'ignore' }).status === 0;
}
