/** Fetches the model's file into the data directory: resumes it when broken off, checks it, then renames it into place. */
import { mkdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Proxies } from '../../../network/proxies.ts';
import { type Downloaded, downloadInto } from './download.ts';
import { FetchError } from './fetch-error.ts';
import type { ModelSource } from './model-source.ts';
import { verifyModelFile } from './verify-model-file.ts';

export type FetchProgress =
  | { readonly state: 'fetching'; readonly receivedBytes: number; readonly totalBytes: number | undefined }
  | { readonly state: 'verifying'; readonly receivedBytes: number; readonly totalBytes: number };

export interface FetchOptions {
  readonly source: ModelSource;
  /** The file's final path. `<path>.part` holds what has arrived so far, also across restarts. */
  readonly path: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: FetchProgress) => void;
  /** Attempts in a row without new bytes before it gives up. Default 6. */
  readonly maxAttempts?: number;
  /** The wait before the second attempt, in milliseconds; it doubles up to a minute. Default 1000. */
  readonly backOffMs?: number;
  /** An attempt without a byte for this many milliseconds is broken off. Default 30000. */
  readonly idleMs?: number;
  readonly proxies?: Proxies | undefined;
  /** The free bytes of a folder's file system. Tests hand in their own. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

/** Bytes that must stay free for the database, which is in the same data directory. */
const reserveBytes = 256 * 1024 * 1024;

/**
 * Resolves once the checked file is at `path`, which may be at once.
 * @throws FetchError; the signal's reason
 */
export async function fetchModelFile(options: FetchOptions): Promise<void> {
  const { source, path, signal } = options;
  if (await isComplete(path, source)) return;
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });
  if (source.expected !== undefined) {
    await checkSpace(options, source.expected.bytes - ((await stat(part).catch(absent))?.size ?? 0));
  }
  const downloaded = await downloadPatiently(options, part);
  const totalBytes = downloaded.bytes;
  options.onProgress?.({ state: 'verifying', receivedBytes: 0, totalBytes });
  try {
    await verifyModelFile(part, source, signal, (receivedBytes) =>
      options.onProgress?.({ state: 'verifying', receivedBytes, totalBytes }),
    );
  } catch (error) {
    // Resuming a wrong file would not make it right.
    if (error instanceof FetchError) await discard(part);
    throw error;
  }
  await rename(part, path);
  await rm(`${part}.json`, { force: true });
}

/** A file is checked before it gets its final name, so comparing its size is enough. */
async function isComplete(path: string, source: ModelSource): Promise<boolean> {
  const found = await stat(path).catch(absent);
  return found !== undefined && (source.expected === undefined || found.size === source.expected.bytes);
}

/** @throws FetchError unless that many more bytes leave the database its reserve */
async function checkSpace({ path, freeBytes = freeBytesOf }: FetchOptions, bytes: number): Promise<void> {
  const needed = bytes + reserveBytes;
  const free = await freeBytes(dirname(path));
  if (free < needed)
    throw new FetchError(
      `the disk of ${dirname(path)} has ${megabytes(free)} free, and the model needs ${megabytes(needed)}`,
      false,
    );
}

async function downloadPatiently(options: FetchOptions, part: string): Promise<Downloaded> {
  const { source, signal, maxAttempts = 6, backOffMs = 1000, idleMs = 30_000 } = options;
  let failures = 0;
  let best = (await stat(part).catch(absent))?.size ?? 0;
  while (true) {
    try {
      return await downloadInto(part, source, {
        signal,
        idleMs,
        proxies: options.proxies,
        checkSpace: (bytes) => checkSpace(options, bytes),
        onProgress: (receivedBytes, totalBytes) =>
          options.onProgress?.({ state: 'fetching', receivedBytes, totalBytes }),
      });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof FetchError && error.diskFull) await discard(part);
      if (!(error instanceof FetchError) || !error.retryable) throw error;
      const has = (await stat(part).catch(absent))?.size ?? 0;
      failures = has > best ? 1 : failures + 1;
      best = Math.max(best, has);
      if (failures >= maxAttempts) throw error;
      await delay(Math.min(60_000, error.retryAfterMs ?? backOffMs * 2 ** (failures - 1)), undefined, {
        signal,
      }).catch(() => signal.throwIfAborted());
    }
  }
}

async function discard(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(`${part}.json`, { force: true });
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
