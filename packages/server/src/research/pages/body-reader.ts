/** Reads the body of a response in bounded memory and decompresses it on the way. */
import type { Readable } from 'node:stream';
import { type BrotliDecompress, constants, createBrotliDecompress, createUnzip, type Unzip } from 'node:zlib';

export interface ReadBody {
  /** The decompressed body, at most `maxBytes`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether the body was longer. */
  readonly cut: boolean;
  /** How many bytes of the response `bytes` were made from; fewer, where it is compressed. */
  readonly encodedBytes: number;
}

export interface BodyLimits {
  /** The bound on the decompressed body; not much more is taken from the network. */
  readonly maxBytes: number;
}

/** The content encoding is unknown, or the body is not encoded in it. */
export class EncodingError extends Error {
  override readonly name = 'EncodingError';
}

export const acceptedEncodings = 'gzip, deflate, br';

/**
 * Stops the transfer at the limit. Of a compressed body that ends early, what was received is returned.
 * @throws EncodingError; the network's errors
 */
export async function readBody(
  body: Readable,
  encoding: string | undefined,
  limits: BodyLimits,
): Promise<ReadBody> {
  // A body that is destroyed before its end emits an error event, which nobody else listens to.
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
  // Bytes arrive before they are decompressed, so only the decoder knows how many it has used.
  return { bytes, cut, encodedBytes: decoder === undefined ? bytes.length : decoder.bytesWritten };
}

/** `deflate` is zlib's format, which `createUnzip` distinguishes from gzip by the first bytes. */
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

/** Joins the chunks in memory of their own. */
function joined(chunks: readonly Buffer[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
