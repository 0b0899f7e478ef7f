/**
 * Takes a Content-Encoding off a body while it streams. None is asked for (`accept-encoding: identity`); gateways encode
 * all the same, and some name an encoding that they did not use, so the first bytes decide whether the name is believed.
 */
import type { Readable, Transform } from 'node:stream';
import * as zlib from 'node:zlib';

/** Called in order; the last call is `bodyEnded` or `bodyFailed`. */
export interface DecodedBody {
  bodyBytes(bytes: Buffer): void;
  /** What was written before a cut has been decoded as far as it goes. */
  bodyEnded(): void;
  /** The bytes are not in this encoding, or more come out of them than is taken. */
  bodyFailed(error: Error): void;
}

/** The most bytes that are taken out of an encoded body. */
const longestDecodedBytes = 64 << 20;
const mostEncodings = 3;
/** How many bytes are looked at before the encoding is believed. */
const sniffedBytes = 4;
const zstdMagic = 0x28b52ffd;

type Encoding = 'gzip' | 'deflate' | 'br' | 'zstd';

/** The encodings that a header names and that can be decoded, in the order in which they were applied. */
function encodingsOf(header: string | readonly string[] | undefined): readonly Encoding[] {
  const names = [header ?? []].flat().join(',').slice(0, 200).toLowerCase().split(',');
  return names.flatMap((name): readonly Encoding[] => {
    switch (name.trim()) {
      case 'gzip':
      case 'x-gzip':
        return ['gzip'];
      case 'deflate':
        return ['deflate'];
      case 'br':
        return ['br'];
      case 'zstd':
        return 'createZstdDecompress' in zlib ? ['zstd'] : [];
      default:
        return [];
    }
  });
}

/**
 * Gives undefined for a body that is plain by its header and by its first bytes, as nearly all are.
 * @param first the first bytes, at least one
 */
export function createContentDecoder(
  header: string | string[] | undefined,
  first: Buffer,
  body: DecodedBody,
): ContentDecoder | undefined {
  const encodings = encodingsOf(header);
  if (encodings.length > 0) return new ContentDecoder(encodings, body);
  // Proxies lose the header of a body that they pass on. No text begins with these bytes.
  const [one, two = one === 0x1f ? 0x8b : 0xb5] = first;
  if (one === 0x1f && two === 0x8b) return new ContentDecoder(['gzip'], body);
  return one === 0x28 && two === 0xb5 ? new ContentDecoder(['zstd'], body) : undefined;
}

export class ContentDecoder {
  readonly #encodings: readonly Encoding[];
  readonly #body: DecodedBody;
  #head: Buffer | undefined = Buffer.alloc(0);
  /** The stages that decode, the outermost encoding first; empty: the body proved to be plain. */
  #stages: readonly Transform[] = [];
  #decodedBytes = 0;
  #isOver = false;

  constructor(encodings: readonly Encoding[], body: DecodedBody) {
    this.#encodings = encodings;
    this.#body = body;
  }

  /** Gives false while more bytes should wait; `onDrain` is called once they may come. */
  write(bytes: Buffer, onDrain: () => void): boolean {
    if (this.#isOver) return true;
    if (this.#head !== undefined) {
      this.#head = Buffer.concat([this.#head, bytes]);
      return this.#head.length < sniffedBytes || this.#begin(onDrain);
    }
    return this.#write(bytes, onDrain);
  }

  end(): void {
    if (this.#isOver) return;
    if (this.#head !== undefined) this.#begin(() => undefined);
    if (this.#stages[0] === undefined) this.#end();
    else this.#stages[0].end();
  }

  /** Stops; nothing is called afterwards. */
  destroy(): void {
    this.#isOver = true;
    for (const stage of this.#stages) stage.destroy();
  }

  #begin(onDrain: () => void): boolean {
    const head = this.#head ?? Buffer.alloc(0);
    this.#head = undefined;
    if (this.#encodings.length > mostEncodings) {
      this.#fail(new Error(`an answer that is encoded ${this.#encodings.length} times`));
      return true;
    }
    const encodings = head.length === 0 ? [] : this.#shown(head);
    this.#stages = encodings.map((encoding) => stageFor(encoding, head));
    this.#connect();
    return this.#write(head, onDrain);
  }

  /** What the first bytes say, the outermost encoding first. One inside another can't be seen yet. */
  #shown(head: Buffer): readonly Encoding[] {
    const [only, inner] = this.#encodings;
    if (only === undefined || inner !== undefined) return [...this.#encodings].reverse();
    const marked = (['gzip', 'zstd'] as const).find((encoding) => isEncoded(head, encoding));
    if (marked !== undefined) return [marked];
    return isEncoded(head, only) ? [only] : [];
  }

  #connect(): void {
    const { length } = this.#stages;
    for (const [place, stage] of this.#stages.entries()) {
      const next = this.#stages[place + 1];
      stage.on('error', (error) => this.#fail(error));
      stage.on('data', (bytes: Buffer) => (next === undefined ? this.#take(bytes) : next.write(bytes)));
      stage.on('end', () => (place === length - 1 ? this.#end() : next?.end()));
    }
  }

  #write(bytes: Buffer, onDrain: () => void): boolean {
    const [first] = this.#stages;
    if (first === undefined) {
      if (bytes.length > 0) this.#body.bodyBytes(bytes);
      return true;
    }
    if (first.write(bytes)) return true;
    first.once('drain', onDrain);
    return false;
  }

  #take(bytes: Buffer): void {
    if (this.#isOver) return;
    this.#decodedBytes += bytes.length;
    if (this.#decodedBytes > longestDecodedBytes) {
      this.#fail(new Error(`an encoded answer of more than ${longestDecodedBytes} bytes`));
    } else {
      this.#body.bodyBytes(bytes);
    }
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#body.bodyEnded();
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.destroy();
    this.#body.bodyFailed(error);
  }
}

/** Brotli and raw deflate have no mark, but can't begin like a body of text either. */
function isEncoded(head: Buffer, encoding: Encoding): boolean {
  switch (encoding) {
    case 'gzip':
      return head[0] === 0x1f && head[1] === 0x8b;
    case 'zstd':
      return head.length >= sniffedBytes && head.readUInt32BE(0) === zstdMagic;
    case 'deflate':
      return isZlib(head) || !isText(head);
    case 'br':
      return !isText(head);
  }
}

/** RFC 1950 §2.2: the method is 8, and the first two bytes are a multiple of 31. */
function isZlib(head: Buffer): boolean {
  const [first = 0, second = 0] = head;
  return (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
}

function isText(head: Buffer): boolean {
  return /^(data|even|erro|id: |id:|retr|: |[{[]\s*["{}[\]]|<[!?a-z])/i.test(head.toString('latin1', 0, 16));
}

/** Where the input is cut off, what could be decoded is given, without an error. */
function stageFor(encoding: Encoding, head: Buffer): Transform {
  const finishFlush = zlib.constants.Z_SYNC_FLUSH;
  switch (encoding) {
    case 'gzip':
      return zlib.createGunzip({ finishFlush });
    case 'deflate':
      return isZlib(head) ? zlib.createInflate({ finishFlush }) : zlib.createInflateRaw({ finishFlush });
    case 'br':
      return zlib.createBrotliDecompress({ finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH });
    case 'zstd':
      return zlib.createZstdDecompress({ finishFlush: zlib.constants.ZSTD_e_flush });
  }
}

/**
 * Reads a whole body, at most `maxBytes` of what it decodes to; what is longer is cut there. Of one that breaks off, what
 * came is given.
 * @throws the network's errors where nothing came; an error for bytes that are not in the encoding
 */
export async function readDecoded(
  body: Readable,
  header: string | string[] | undefined,
  maxBytes: number,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const decoded: DecodedBody = {
    bodyBytes(chunk) {
      if (bytes < maxBytes) chunks.push(chunk.subarray(0, maxBytes - bytes));
      bytes += chunk.length;
      if (bytes >= maxBytes) resolve();
    },
    bodyEnded: resolve,
    bodyFailed: reject,
  };
  let isFirst = true;
  let decoder: ContentDecoder | undefined;
  body.on('data', (chunk: Buffer) => {
    if (isFirst) decoder = createContentDecoder(header, chunk, decoded);
    isFirst = false;
    if (decoder === undefined) decoded.bodyBytes(chunk);
    else if (!decoder.write(chunk, () => body.resume())) body.pause();
  });
  body.on('end', () => (decoder === undefined ? resolve() : decoder.end()));
  body.on('error', (error) => (chunks.length === 0 ? reject(error) : resolve()));
  try {
    await promise;
  } finally {
    decoder?.destroy();
    body.destroy();
  }
  return Buffer.concat(chunks);
}
