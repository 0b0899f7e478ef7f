/**
 * Counts tokens with OpenAI's `o200k_base` vocabulary, for estimates and for fitting a context. The count is exact for
 * OpenAI's models and near for others. Only the vocabulary is js-tiktoken's; the encoder is our own because js-tiktoken's
 * blocks the thread for 700 ms while it is built, takes 72 MB, and needs time quadratic in a word's length (3.5 s for
 * 8,000 letters without a blank).
 */

/** Shared by a process. `countTokens` can be called at any time and is more exact once `load` has resolved. */
export interface TokenCounter {
  readonly countTokens: (text: string) => number;
  /** Reads the vocabulary once, in slices of some milliseconds; further calls return the same promise. */
  readonly load: () => Promise<void>;
}

/** Ranks of the vocabulary's tokens, by their bytes as a Latin-1 string. */
type Ranks = ReadonlyMap<string, number>;

const tokensPerSlice = 4_000;
/** Longer words are cut, which bounds the quadratic merge; each cut adds at most one token. */
const longestWordBytes = 256;
/** Texts longer than this, in UTF-16 units, are estimated from samples: the hardest of this length take 12 ms. */
const longestExactText = 16_384;
const sampleCount = 16;

export function createTokenCounter(): TokenCounter {
  let count = estimateTokens;
  let loading: Promise<void> | undefined;
  return {
    countTokens: (text) => count(text),
    load: () => {
      loading ??= loadTokenizer().then((exact) => {
        count = exact;
      });
      return loading;
    },
  };
}

/** Without a vocabulary: four bytes of UTF-8 are about a token, in most scripts. */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text, 'utf8') / 4);
}

/** Takes about 100 ms of CPU time, in slices, and 20 MB. */
export async function loadTokenizer(): Promise<(text: string) => number> {
  const { default: vocabulary } = await import('js-tiktoken/ranks/o200k_base');
  const ranks = await readRanks(vocabulary.bpe_ranks);
  const words = new RegExp(vocabulary.pat_str, 'gu');
  return (text) =>
    text.length <= longestExactText ? countExactly(text, words, ranks) : countSamples(text, words, ranks);
}

/** Reads lines of the form `! <rank of the first> <token in base64> <token> …`. */
async function readRanks(lines: string): Promise<Ranks> {
  const ranks = new Map<string, number>();
  for (const line of lines.split('\n')) {
    const [, first, ...tokens] = line.split(' ');
    const offset = Number(first);
    for (let start = 0; start < tokens.length; start += tokensPerSlice) {
      const end = Math.min(start + tokensPerSlice, tokens.length);
      for (let i = start; i < end; i += 1) {
        ranks.set(Buffer.from(tokens[i] as string, 'base64').toString('latin1'), offset + i);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return ranks;
}

function countExactly(text: string, words: RegExp, ranks: Ranks): number {
  let count = 0;
  for (const [word] of text.matchAll(words)) {
    const bytes = Buffer.from(word, 'utf8').toString('latin1');
    if (ranks.has(bytes)) {
      count += 1;
      continue;
    }
    for (let start = 0; start < bytes.length; start += longestWordBytes) {
      count += countMerged(bytes.slice(start, start + longestWordBytes), ranks);
    }
  }
  return count;
}

function countSamples(text: string, words: RegExp, ranks: Ranks): number {
  const length = Math.floor(longestExactText / sampleCount);
  const step = (text.length - length) / (sampleCount - 1);
  let count = 0;
  for (let i = 0; i < sampleCount; i += 1) {
    const start = Math.floor(i * step);
    count += countExactly(text.slice(start, start + length), words, ranks);
  }
  return Math.ceil((count * text.length) / (length * sampleCount));
}

/** Byte pair encoding: merges the two neighbours with the lowest rank until no pair is in the vocabulary. */
function countMerged(bytes: string, ranks: Ranks): number {
  const starts = Array.from({ length: bytes.length + 1 }, (_, i) => i);
  const rankOfPair = (i: number): number =>
    i + 2 < starts.length
      ? (ranks.get(bytes.slice(starts[i], starts[i + 2])) ?? Number.POSITIVE_INFINITY)
      : Number.POSITIVE_INFINITY;
  const pairs = Array.from({ length: bytes.length }, (_, i) => rankOfPair(i));
  for (;;) {
    let lowest = Number.POSITIVE_INFINITY;
    let at = -1;
    for (let i = 0; i < pairs.length; i += 1) {
      const rank = pairs[i] as number;
      if (rank < lowest) {
        lowest = rank;
        at = i;
      }
    }
    if (at < 0) return pairs.length;
    starts.splice(at + 1, 1);
    pairs.splice(at + 1, 1);
    pairs[at] = rankOfPair(at);
    if (at > 0) pairs[at - 1] = rankOfPair(at - 1);
  }
}
