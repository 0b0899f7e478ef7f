/** What a query asks for. */
import { type Word, wordsOf } from './words.ts';

/**
 * Words that stand side by side in a text. The last one, if it is no sign and long enough, also matches words that begin
 * with it.
 */
export interface Phrase {
  readonly words: readonly Word[];
  readonly isPrefix: boolean;
}

/** Minimum length of a word, in code points, for words that begin with it to match. */
export const minPrefixLength = 3;
const maxQueryWords = 32;

/** The phrases of a query; a text matches if it holds all of them. Further words than the first 32 are left out. */
export function phrasesOf(query: string): Phrase[] {
  const groups: Word[][] = [];
  let count = 0;
  for (const word of wordsOf(query)) {
    const last = groups.at(-1);
    if (word.link !== 'open' && last !== undefined) last.push(word);
    else groups.push([word]);
    count += 1;
    if (count === maxQueryWords) break;
  }
  return groups.map((words) => {
    const last = words.at(-1);
    return {
      words,
      isPrefix: last !== undefined && !last.isSign && [...last.term].length >= minPrefixLength,
    };
  });
}
