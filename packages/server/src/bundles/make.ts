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

/** @throws with what the process said, in words for whoever looks after the server */
export async function makeFiles(packageName: string): Promise<StoredFiles> {
  const child = spawn(process.execPath, ['--no-warnings', script, packageName], {
    env: {},
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    timeout: longestMs,
    killSignal: 'SIGKILL',
  });
  // The server may stop meanwhile.
  child.unref();
  const [output, said, [code, signal]] = await Promise.all([
    buffer(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  if (code === 0) return deserialize(output) as StoredFiles;
  throw new Error(said.trim() || `the process that makes it ended with ${signal ?? code}`);
}
