/** Reads the body of a response in bounded memory, decompressing it on the way. */
import type { Readable } from 'node:stream';
import { type BrotliDecompress, constants, createBrotliDecompress, createUnzip, type Unzip } from 'node:zlib';

export interface ReadBody {
  /** At most `maxBytes`, decompressed. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** There was more. */
  readonly cut: boolean;
  /** Bytes that `bytes` were made from: less, where they are compressed. */
  readonly encodedBytes: number;
}

export interface BodyLimits {
  /** Of the decompressed body; not much more is taken from the network. */
  readonly maxBytes: number;
}

/** The content encoding is unknown, or the body is not in it. */
export class EncodingError extends Error {
  override readonly name = 'EncodingError';
}

export const acceptedEncodings = 'gzip, deflate, br';

/**
 * Stops the transfer at the limit. A compressed body that ends early gives what was in it.
 * @throws EncodingError; the network's errors
 */
export async function readBody(
  body: Readable,
  encoding: string | undefined,
  limits: BodyLimits,
): Promise<ReadBody> {
  // A body that is given up before its end says so by an error event, which nobody else awaits.
  body.on('error', () => {});
  const chunks: Buffer[] = [];
  let [size, receivedBytes, cut] = [0, 0, false];
  let decoder: Unzip | BrotliDecompress | undefined;
  try {
    decoder = decoderFor(encoding);
    body.on('data', (chunk: Buffer) => {
      receivedBytes += chunk.length;
      if (decoder === undefined || receivedBytes <= limits.maxBytes || cut) return;
      cut = true;
      body.unpipe(decoder);
      decoder.end();
    });
    body.once('error', (error) => decoder?.destroy(error));
    for await (const chunk of (decoder ? body.pipe(decoder) : body) as AsyncIterable<Buffer>) {
      chunks.push(chunk.subarray(0, limits.maxBytes - size));
      size += chunk.length;
      if (size > limits.maxBytes) {
        cut = true;
        break;
      }
    }
  } catch (error) {
    if (body.errored === null && decoder?.errored) throw new EncodingError(decoder.errored.message);
    throw error;
  } finally {
    body.destroy();
    decoder?.destroy();
  }
  const bytes = joined(chunks);
  // What has arrived runs ahead of what is decompressed.
  return { bytes, cut, encodedBytes: decoder === undefined ? bytes.length : decoder.bytesWritten };
}

/** `deflate` is zlib's format; `createUnzip` tells it from gzip by the first bytes. */
function decoderFor(encoding: string | undefined): Unzip | BrotliDecompress | undefined {
  switch (encoding?.trim().toLowerCase() ?? '') {
    case '':
    case 'identity':
      return undefined;
    case 'gzip':
    case 'x-gzip':
    case 'deflate':
      return createUnzip({ finishFlush: constants.Z_SYNC_FLUSH });
    case 'br':
      return createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH });
    default:
      throw new EncodingError(`content-encoding ${encoding}`);
  }
}

/** In memory of its own, so that it can be handed to another thread. */
function joined(chunks: readonly Buffer[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
