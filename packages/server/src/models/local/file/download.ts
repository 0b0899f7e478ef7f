/** One attempt to fetch a file over HTTP, which resumes where an earlier one was broken off. */
import { type FileHandle, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type Dispatcher, errors, request } from 'undici';
import { explainConnectionFailure } from '../../../network/connection-failure.ts';
import { createOutsideAgent } from '../../../network/outside-agent.ts';
import type { Proxies } from '../../../network/proxies.ts';
import { FetchError } from './fetch-error.ts';
import type { ModelSource } from './model-source.ts';

export interface Downloaded {
  readonly bytes: number;
}

export interface DownloadOptions {
  readonly signal: AbortSignal;
  readonly idleMs: number;
  readonly proxies?: Proxies | undefined;
  /** @throws FetchError where the disk has no room for that many more bytes */
  readonly checkSpace: (bytes: number) => Promise<void>;
  readonly onProgress: (receivedBytes: number, totalBytes: number | undefined) => void;
}

/** Stored beside a partly fetched file: what it is a part of. */
interface PartState {
  readonly url: string;
  /** A strong entity tag, so that only an unchanged file is resumed. */
  readonly etag: string | undefined;
}

const maxRedirects = 8;
/** After this many bytes the disk is looked at again. */
const pieceBytes = 64 * 1024 * 1024;

/** @throws FetchError, whose `retryable` says whether to try again */
export async function downloadInto(
  part: string,
  source: ModelSource,
  { signal, idleMs, proxies, checkSpace, onProgress }: DownloadOptions,
): Promise<Downloaded> {
  const timeouts = { headersTimeout: idleMs, bodyTimeout: idleMs, connectMs: idleMs };
  const dispatcher = createOutsideAgent({ ...timeouts, proxies });
  try {
    const has = await resumable(part, source);
    if (source.expected !== undefined && has.bytes === source.expected.bytes) return { bytes: has.bytes };
    const headers: Record<string, string> = { 'accept-encoding': 'identity', 'user-agent': 'colloquy' };
    if (has.bytes > 0) headers.range = `bytes=${has.bytes}-`;
    if (has.bytes > 0 && has.etag !== undefined) headers['if-range'] = has.etag;
    const response = await get(source.url, headers, dispatcher, signal);
    const range = await acceptedRange(response, has.bytes, part, source);
    if (range === 'complete') return { bytes: has.bytes };
    const roomFor = (at: number): Promise<void> =>
      checkSpace(range.total === undefined ? pieceBytes : range.total - at);
    await roomFor(range.from);
    await using file = await open(part, range.from === 0 ? 'w' : 'r+');
    // Written after the old part is truncated, so that a tag never stands beside bytes of another version.
    await writeFile(
      `${part}.json`,
      JSON.stringify({ url: source.url, etag: strongTag(response) } satisfies PartState),
    );
    let checkedAt = range.from;
    const bytes = await append(file, response.body, range.from, async (received) => {
      onProgress(received, range.total);
      // More may come than the server said, or it said nothing.
      if (received - checkedAt < pieceBytes) return;
      checkedAt = received;
      await checkSpace(pieceBytes);
    });
    if (range.total !== undefined && bytes < range.total)
      throw new FetchError(`${source.url} ended after ${bytes} of ${range.total} bytes`, true);
    return { bytes };
  } catch (error) {
    throw explained(error, source.url);
  } finally {
    await dispatcher.destroy();
  }
}

/**
 * How many bytes of the part can be kept. Without a known hash, only those that an entity tag identifies can be, since a
 * file that changed in between would else be stitched together from two versions.
 */
async function resumable(
  part: string,
  source: ModelSource,
): Promise<{ bytes: number; etag: string | undefined }> {
  const bytes = await stat(part).then(
    (found) => found.size,
    () => 0,
  );
  const state = await readFile(`${part}.json`, 'utf8').then(
    (text): PartState | undefined => JSON.parse(text),
    () => undefined,
  );
  if (source.expected !== undefined)
    return { bytes: bytes <= source.expected.bytes ? bytes : 0, etag: undefined };
  const same = state?.url === source.url && state.etag !== undefined;
  return same ? { bytes, etag: state.etag } : { bytes: 0, etag: undefined };
}

async function get(
  url: string,
  headers: Record<string, string>,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  let address = new URL(url);
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const response = await request(address, { headers, dispatcher, signal });
    const { location } = response.headers;
    if (response.statusCode < 300 || response.statusCode > 399 || typeof location !== 'string')
      return response;
    await response.body.dump();
    const from = address.protocol;
    address = new URL(location, address);
    if (address.protocol !== 'https:' && address.protocol !== from)
      throw new FetchError(`${url} redirects to ${address.protocol}, which is not followed`, false);
  }
  throw new FetchError(`${url} redirects more than ${maxRedirects} times`, false);
}

/** Where the body is to be written: after the stored part, or at the beginning if the server sends the whole file. */
async function acceptedRange(
  response: Dispatcher.ResponseData,
  offset: number,
  part: string,
  source: ModelSource,
): Promise<{ from: number; total: number | undefined } | 'complete'> {
  const { statusCode, headers, body } = response;
  const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
  if (statusCode === 200) return { from: 0, total: source.expected?.bytes ?? length };
  if (statusCode === 206) {
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(String(headers['content-range'])) ?? [];
    if (Number(start) === offset)
      return { from: offset, total: total === '*' ? source.expected?.bytes : Number(total) };
  }
  await body.dump();
  if (statusCode === 416 && headers['content-range'] === `bytes */${offset}`) return 'complete';
  if (statusCode === 206 || statusCode === 416) {
    // The stored part does not match the server's file, so the next attempt starts from the beginning.
    await rm(part, { force: true });
    throw new FetchError(`${source.url} can't be resumed after ${offset} bytes`, true);
  }
  const retryAfterSeconds = Number(headers['retry-after']);
  throw new FetchError(`${source.url} answered with status ${statusCode}`, isTransient(statusCode), {
    retryAfterMs: retryAfterSeconds > 0 ? retryAfterSeconds * 1000 : undefined,
  });
}

function isTransient(statusCode: number): boolean {
  return statusCode === 408 || statusCode === 429 || statusCode >= 500;
}

/** Returns the size of the file afterwards. */
async function append(
  file: FileHandle,
  body: AsyncIterable<Buffer>,
  from: number,
  onProgress: (receivedBytes: number) => Promise<void>,
): Promise<number> {
  let position = from;
  await onProgress(position);
  for await (const chunk of body) {
    for (let written = 0; written < chunk.length; ) {
      const { bytesWritten } = await file.write(chunk, written, chunk.length - written, position);
      written += bytesWritten;
      position += bytesWritten;
    }
    await onProgress(position);
  }
  await file.sync();
  return position;
}

function strongTag(response: Dispatcher.ResponseData): string | undefined {
  const { etag } = response.headers;
  return typeof etag === 'string' && etag.startsWith('"') ? etag : undefined;
}

function explained(error: unknown, url: string): unknown {
  if (error instanceof FetchError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new FetchError('the disk is full; the partly fetched model was removed', false, {
      diskFull: true,
      cause: error,
    });
  if (['EACCES', 'EROFS', 'EPERM', 'EFBIG', 'EISDIR', 'EIO'].includes(code))
    return new FetchError(`the model can't be written: ${(error as Error).message}`, false, { cause: error });
  const why =
    error instanceof errors.UndiciError || code !== '' ? (error as Error).message || code : String(error);
  const reason = explainConnectionFailure(error);
  const because = reason === undefined ? why : `${reason.reason} (${why})`;
  return new FetchError(`${url} can't be fetched: ${because}`, reason?.kind !== 'lasting', { cause: error });
}
