/** Makes a bundle in a process of its own, which takes its memory along when it ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { deserialize } from 'node:v8';
import type { StoredFiles } from './files.ts';

const script = fileURLToPath(new URL('../../bin/browser-bundle.js', import.meta.url));
const longestMs = 120_000;

export type Made =
  /** It lies in the folder of this name; `ms`: made now, in this time. */
  | { readonly key: string; readonly ms?: number }
  /** The directory takes none. */
  | { readonly files: StoredFiles; readonly ms: number; readonly problem: string };

/**
 * Makes the bundle of a package, unless `directory` has that of these sources. The process writes nothing any more once
 * this one has ended, or `signal` has said so and the promise is settled.
 * @throws with what the process said, in words for whoever looks after the server
 */
export async function makeOnce(
  packageName: string,
  directory: string,
  sources: readonly string[],
  signal: AbortSignal,
): Promise<Made> {
  signal.throwIfAborted();
  const args = ['--no-warnings', script, packageName, '--cache', directory, ...sources];
  const child = spawn(process.execPath, args, {
    env: {},
    // It ends when the end of its input tells it that this process has.
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
    timeout: longestMs,
    killSignal: 'SIGKILL',
  });
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill);
  try {
    const [output, said, [code, killedBy]] = await Promise.all([
      buffer(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    if (code === 0) return deserialize(output) as Made;
    throw new Error(said.trim() || `the process that makes it ended with ${killedBy ?? code}`);
  } finally {
    signal.removeEventListener('abort', kill);
  }
}
