/** Messages on a byte stream: the length of each in four bytes, big-endian, then its bytes. */

const headerBytes = 4;

export function frameOf(body: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32BE(body.length);
  return [header, body];
}

export class FrameTooLongError extends Error {
  override readonly name = 'FrameTooLongError';
}

/** Puts the frames of a stream together from its chunks. A frame longer than `maxBytes` is refused by its header. */
export class FrameReader {
  readonly #maxBytes: number;
  #chunks: Uint8Array[] = [];
  #size = 0;
  /** The size of the whole frame under way, its header included; undefined before its header has come. */
  #wanted: number | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Gives the bodies that are complete with this chunk. @throws FrameTooLongError */
  push(chunk: Uint8Array): readonly Buffer[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const bodies: Buffer[] = [];
    while (this.#size >= (this.#wanted ?? headerBytes)) {
      const all =
        this.#chunks.length === 1 ? Buffer.from(this.#chunks[0] ?? []) : Buffer.concat(this.#chunks);
      const wanted = headerBytes + all.readUInt32BE(0);
      if (wanted - headerBytes > this.#maxBytes) {
        throw new FrameTooLongError(`a message of ${wanted - headerBytes} bytes, over ${this.#maxBytes}`);
      }
      const isWhole = all.length >= wanted;
      if (isWhole) bodies.push(all.subarray(headerBytes, wanted));
      const rest = isWhole ? all.subarray(wanted) : all;
      this.#chunks = [rest];
      this.#size = rest.length;
      this.#wanted = isWhole ? undefined : wanted;
    }
    return bodies;
  }
}
