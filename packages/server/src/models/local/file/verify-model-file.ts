/** Checks that a fetched file is a GGUF file, and that it has the size and SHA-256 that are known of it. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { FetchError } from './fetch-error.ts';
import { looksLikeGguf } from './gguf-header.ts';
import type { ModelSource } from './model-source.ts';

/** Small enough that hashing a chunk does not block the server's event loop. */
const chunkBytes = 256 * 1024;

/** @throws FetchError where the file is not the expected one */
export async function verifyModelFile(
  path: string,
  source: ModelSource,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<void> {
  await using file = await open(path);
  const { size } = await file.stat();
  if (!(await looksLikeGguf(path)))
    throw new FetchError(`${source.url} sent no GGUF file; it was discarded`, false);
  const expected = source.expected?.sha256 ?? source.sha256;
  if (expected === undefined) return;
  if (source.expected !== undefined && size !== source.expected.bytes)
    throw new FetchError(
      `the model from ${source.url} has ${size} bytes instead of ${source.expected.bytes} and was discarded`,
      false,
    );
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(chunkBytes);
  for (let position = 0; position < size; ) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, chunkBytes, position);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
    onProgress(position);
  }
  const sha256 = hash.digest('hex');
  if (sha256 !== expected)
    throw new FetchError(
      `the model from ${source.url} has the SHA-256 ${sha256} instead of ${expected} and was discarded`,
      false,
    );
}
