/**
 * An entry of a list as JSON in UTF-8. Its long texts are escaped a piece at a time, each in a turn of the event loop of its
 * own, and come from the store as bytes where it can give them so: neither decoding nor encoding takes time then.
 */
import { loopTurn } from '../../concurrency/loop-turn.ts';

/** Text, or its bytes in UTF-8. */
export type Text = string | Uint8Array;

/** The bytes, or characters, of a text that are escaped in a turn, and those from which on a text counts as long. */
export const pieceLength = 64 * 1024;

/**
 * The entry as JSON: whole, or in pieces if a field of its own, not one of its fields' fields, is a long text. A field of bytes
 * is a text.
 */
export function entryJson(entry: object): string | Promise<readonly Buffer[]> {
  const isShort = Object.values(entry).every((value) => !isPieced(value));
  return isShort ? JSON.stringify(entry) : inPieces(entry);
}

function isPieced(value: unknown): value is Text {
  return value instanceof Uint8Array || (typeof value === 'string' && value.length > pieceLength);
}

async function inPieces(entry: object): Promise<Buffer[]> {
  const pieces: Buffer[] = [];
  let text = '{';
  for (const [name, value] of Object.entries(entry)) {
    if (value === undefined) continue;
    if (text !== '{' || pieces.length > 0) text += ',';
    text += `${JSON.stringify(name)}:`;
    if (!isPieced(value)) {
      text += JSON.stringify(value);
      continue;
    }
    pieces.push(Buffer.from(`${text}"`));
    for (const piece of escaped(value)) {
      pieces.push(piece);
      await loopTurn();
    }
    text = '"';
  }
  pieces.push(Buffer.from(`${text}}`));
  return pieces;
}

/** The text as it stands between the quotes of a JSON string, in UTF-8. */
function* escaped(text: Text): Generator<Buffer, void> {
  const bytes = typeof text === 'string' ? undefined : Buffer.from(text.buffer, text.byteOffset, text.length);
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + pieceLength, text.length);
    // The two halves of a character stay together. Bytes need not: what JSON escapes is one byte each in UTF-8, and no byte
    // of a longer character looks like it.
    if (typeof text === 'string' && end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end -= 1;
    const piece = bytes?.toString('latin1', start, end) ?? text.slice(start, end);
    yield Buffer.from(JSON.stringify(piece), bytes === undefined ? 'utf8' : 'latin1').subarray(1, -1);
    start = end;
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
