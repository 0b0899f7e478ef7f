/** Identifiers: UUIDv7 in lower case (RFC 9562), so that they sort by the time they were made. */
import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

/** A UUID of any version in lower case, as the source of a regular expression. */
export const uuidSource = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const uuidPattern = new RegExp(`^${uuidSource}$`, 'i');

/** The largest sequence number that an id has room for. */
const maxSeq = 0xffff_ffff;
const bytesPerId = 16;
/** Random bytes for so many ids are drawn together: a draw costs five times the rest of an id. */
const idsPerDraw = 256;

export const newId: () => string = createIdSource();

/** Ids of one source ascend, also within a millisecond and when the clock goes back. `now` in epoch milliseconds. */
export function createIdSource(now: () => number = Date.now): () => string {
  const drawn = new Uint8Array(bytesPerId * idsPerDraw);
  let next = drawn.length;
  let lastMs = Number.NEGATIVE_INFINITY;
  let seq = 0;
  return () => {
    if (next === drawn.length) {
      randomFillSync(drawn);
      next = 0;
    }
    const random = drawn.subarray(next, next + bytesPerId);
    next += bytesPerId;
    const nowMs = now();
    if (nowMs > lastMs) {
      lastMs = nowMs;
      // 31 bits, so that it seldom reaches its end within the millisecond.
      seq = new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 1;
    } else if (seq === maxSeq) {
      lastMs += 1;
      seq = 0;
    } else {
      seq += 1;
    }
    return v7({ random, msecs: lastMs, seq });
  };
}

/** Whether `value` has the form of a UUID, of any version and in any case. */
export function isUuid(value: string): boolean {
  return uuidPattern.test(value);
}
