/** Checks the first 24 bytes of a GGUF file (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md). */
import { open } from 'node:fs/promises';

const headerBytes = 24;
/** Far above any real model. Without this bound, node-llama-cpp would read nonsense for hours. */
const maxEntries = 10_000_000n;

/** Whether a file may hold a model: it has the magic, a version in use, and plausible counts. */
export async function looksLikeGguf(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 0);
  if (bytesRead < headerBytes || buffer.toString('latin1', 0, 4) !== 'GGUF') return false;
  const version = buffer.readUInt32LE(4);
  const counts = [buffer.readBigUInt64LE(8), buffer.readBigUInt64LE(16)];
  return (version === 2 || version === 3) && counts.every((count) => count > 0n && count < maxEntries);
}
