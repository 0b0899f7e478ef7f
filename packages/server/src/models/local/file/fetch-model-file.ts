/** Brings the model's file into the data directory: resumed when broken off, checked, then renamed into place. */
import { mkdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Downloaded, downloadInto } from './download.ts';
import { FetchError } from './fetch-error.ts';
import type { ModelSource } from './model-source.ts';
import { verifyModelFile } from './verify-model-file.ts';

export type FetchProgress =
  | { readonly state: 'fetching'; readonly receivedBytes: number; readonly totalBytes: number | undefined }
  | { readonly state: 'verifying'; readonly receivedBytes: number; readonly totalBytes: number };

export interface FetchOptions {
  readonly source: ModelSource;
  /** Where the file belongs; `<path>.part` holds what has come so far, also over restarts. */
  readonly path: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: FetchProgress) => void;
  /** Tries in a row that bring nothing before it gives up. Default 6. */
  readonly maxAttempts?: number;
  /** Before the second try; doubles up to a minute. Default 1000. */
  readonly backOffMs?: number;
  /** Without a byte for so long a try is broken off. Default 30000. */
  readonly idleMs?: number;
  /** Free bytes of a folder's file system; handed in by tests. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

/** Left free beside the model, for the database in the same data directory. */
const reserveBytes = 256 * 1024 * 1024;

/**
 * @returns once the checked file lies at `path`; at once if it lies there already
 * @throws FetchError with a sentence for the operator; the signal's reason
 */
export async function fetchModelFile(options: FetchOptions): Promise<void> {
  const { source, path, signal } = options;
  if (await isComplete(path, source)) return;
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });
  await checkSpace(options, part);
  const downloaded = await downloadPatiently(options, part);
  const totalBytes = downloaded.bytes;
  options.onProgress?.({ state: 'verifying', receivedBytes: 0, totalBytes });
  try {
    await verifyModelFile(part, source, signal, (receivedBytes) =>
      options.onProgress?.({ state: 'verifying', receivedBytes, totalBytes }),
    );
  } catch (error) {
    // What is wrong will not become right by resuming it.
    if (error instanceof FetchError) await discard(part);
    throw error;
  }
  await rename(part, path);
  await rm(`${part}.json`, { force: true });
}

/** A file at its final name was checked before it got it, so its size is enough. */
async function isComplete(path: string, source: ModelSource): Promise<boolean> {
  const found = await stat(path).catch(absent);
  return found !== undefined && (source.expected === undefined || found.size === source.expected.bytes);
}

async function checkSpace(
  { source, path, freeBytes = freeBytesOf }: FetchOptions,
  part: string,
): Promise<void> {
  if (source.expected === undefined) return;
  const has = (await stat(part).catch(absent))?.size ?? 0;
  const needed = source.expected.bytes - has + reserveBytes;
  const free = await freeBytes(dirname(path));
  if (free < needed)
    throw new FetchError(
      `The disk of ${dirname(path)} has ${megabytes(free)} free, and the model needs ${megabytes(needed)}`,
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
