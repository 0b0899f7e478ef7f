/** The text that every stream of a bench carries: token `k` of stream `s` is known to all parties beforehand. */

const words =
  ' the model answers in small pieces and every one of them is kept before it is sent so that nothing is lost'.split(
    /(?= )/,
  );
/** Tokens that a careless relay breaks: quotes, backslashes, other scripts, characters of four bytes, newlines. */
const oddities = [' "so"', ' back\\slash', ' naïve', ' 東京', ' 🚲', '\n', ' {x}', ' data:'];

/** Tokens that streams draw from. */
export const vocabulary: readonly string[] = Array.from({ length: 64 }, (_, index) =>
  index % 16 === 15
    ? (oddities[(index >> 4) % oddities.length] ?? '')
    : index % 16 === 7
      ? (oddities[4 + ((index >> 4) % 4)] ?? '')
      : (words[index % words.length] ?? ''),
);

/**
 * Index in `vocabulary` of token `k` (from 0) of stream `s`: no two neighbouring streams look alike. The first one is not
 * blank, since blanks at an answer's beginning go out with what follows them.
 */
export function tokenIndex(s: number, k: number): number {
  const index = (s * 7 + k * 5 + (k >> 6)) % vocabulary.length;
  return k === 0 && vocabulary[index]?.trim() === '' ? index + 1 : index;
}

/** The whole text of stream `s` after `tokens` tokens. */
export function expectedText(s: number, tokens: number): string {
  let text = '';
  for (let k = 0; k < tokens; k++) text += vocabulary[tokenIndex(s, k)];
  return text;
}

/** The message that a client sends; the upstream reads the stream's number from it. */
export function promptOf(s: number): string {
  return `Bench stream ${s}`;
}

/** The stream's number in a prompt; NaN for a text that no client sends. */
export function streamOf(prompt: string): number {
  return Number(/Bench stream (\d+)\s*$/.exec(prompt)?.[1]);
}
