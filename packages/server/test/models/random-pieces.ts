/** Chance that can be repeated. */

/** Numbers from 0 to 1, the same ones for the same seed. Algorithm: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Cuts bytes anywhere, into pieces of 1 to `longest` bytes. */
export function randomPieces(bytes: Uint8Array, longest: number, random: () => number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = start + 1 + Math.floor(random() * longest);
    pieces.push(bytes.subarray(start, end));
    start = end;
  }
  return pieces;
}
