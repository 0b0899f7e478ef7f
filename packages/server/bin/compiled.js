/**
 * Keeps the bundle as V8 has compiled it, so that the next start need not compile it again: Node.js reads and writes
 * `dist/.compiled`, which `bundle.js` removes with every new bundle.
 */
import { lstatSync, mkdirSync } from 'node:fs';
import { constants, enableCompileCache, getCompileCacheDir } from 'node:module';
import process from 'node:process';
import { fileURLToPath, URL } from 'node:url';

export const compiledDirectory = fileURLToPath(new URL('../dist/.compiled', import.meta.url));

/**
 * To be called before the bundle is loaded. An operator's `NODE_COMPILE_CACHE` and `NODE_DISABLE_COMPILE_CACHE` stand.
 * Where this user can't write, or others can, everything is compiled at each start.
 */
export function keepCompiled() {
  if (process.env.NODE_DISABLE_COMPILE_CACHE || getCompileCacheDir() !== undefined || !isOurs()) return;
  const { status } = enableCompileCache(compiledDirectory);
  // Threads that inherit the environment find it there.
  if (status === constants.compileCacheStatus.ENABLED) process.env.NODE_COMPILE_CACHE = compiledDirectory;
}

/** Whether nobody else can write there: V8 runs what it reads, and Node.js checks it against accidents only. */
function isOurs() {
  try {
    mkdirSync(compiledDirectory, { recursive: true, mode: 0o700 });
    const { uid, mode } = lstatSync(compiledDirectory);
    // Windows has no such owners and modes; there it is as safe as the bundle beside it.
    return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
  } catch {
    return false;
  }
}
