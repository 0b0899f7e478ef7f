/**
 * The file in which a running server says where it listens, for the command line on the same machine. Only its owner may
 * write it: the command line sends the operator's key there.
 */
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { readSecretFile, replaceSecret } from './secrets.ts';

const fileName = 'server.json';

/** Writes the file; disposing removes it, unless another server has written its own meanwhile. */
export async function announceServer(dataDir: string, url: string): Promise<AsyncDisposable> {
  const text = JSON.stringify({ url, pid: process.pid });
  await replaceSecret(dataDir, fileName, text);
  const path = join(dataDir, fileName);
  return {
    async [Symbol.asyncDispose]() {
      if ((await readSecretFile(path)) === text) await unlink(path);
    },
  };
}

/**
 * Where the server of a data directory listens, by its file: an address without a slash at the end. Undefined where
 * there is none, or where the process that wrote it is gone.
 * @throws SecretFileError for a file that others can write
 */
export async function findServer(dataDir: string): Promise<string | undefined> {
  const text = await readSecretFile(join(dataDir, fileName));
  if (text === undefined) return undefined;
  try {
    const { url, pid } = JSON.parse(text) as { readonly url?: unknown; readonly pid?: unknown };
    return typeof url === 'string' && typeof pid === 'number' && isAlive(pid) ? url : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
