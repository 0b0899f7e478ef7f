/** Texts whose words are as unevenly frequent as those of a language. They are the same in each run. */

const syllables = 'ba de fi go lu ma ne pi ro su ta ve wi xo zu ka le mi no ru'.split(' ');
const wordCount = 20_000;

/** Numbers from 0 to 1 that are the same in each run (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The vocabulary's word of a rank from 0, the most frequent one; lower-case ASCII letters. */
export function wordOf(rank: number): string {
  let word = '';
  for (let left = rank + 20; left > 0; left = Math.floor(left / 20)) word += syllables[left % 20];
  return word;
}

const words = Array.from({ length: wordCount }, (_, rank) => wordOf(rank));

/** Words whose frequency is proportional to 1 / rank, as in a language. */
export function wordsFrom(random: () => number, count: number): string[] {
  return Array.from({ length: count }, () => words[Math.floor(wordCount ** random()) - 1] ?? 'end');
}
