/**
 * Looks for a query's phrases in a text, and says how well it matches. The index only proposes texts: what is found is
 * decided here, so that both engines find the same, in the same order.
 */
import type { Phrase } from './query.ts';
import { type Word, wordsOf } from './words.ts';

export interface TextMatch {
  /** Greater for better matches. */
  readonly score: number;
  /** Where the first phrase was found first, in UTF-16 units. */
  readonly start: number;
}

/** What a word counts that only begins with the one asked for. */
const prefixWeight = 0.6;
/** As in BM25: how soon more occurrences stop to count, how much the length counts, and what length is usual. */
const [saturation, lengthShare, usualWords] = [1.2, 0.75, 100];

/** Undefined if a phrase is missing. */
export function matchText(text: string, phrases: readonly Phrase[]): TextMatch | undefined {
  const words = wordsOf(text);
  const k = saturation * (1 - lengthShare + (lengthShare * words.length) / usualWords);
  let score = 0;
  let start = Number.POSITIVE_INFINITY;
  for (const phrase of phrases) {
    let weight = 0;
    for (let at = 0; at + phrase.words.length <= words.length; at += 1) {
      const found = weightAt(words, at, phrase);
      if (found === 0) continue;
      weight += found;
      start = Math.min(start, words[at]?.start ?? 0);
    }
    if (weight === 0) return undefined;
    score += weight / (weight + k);
  }
  return { score, start };
}

function weightAt(words: readonly Word[], at: number, { words: asked, isPrefix }: Phrase): number {
  const last = asked.length - 1;
  for (let place = 0; place < last; place += 1) {
    const next = asked[place + 1];
    if (words[at + place]?.term !== asked[place]?.term) return 0;
    // Signs that were asked for as one piece stand in one piece.
    const isOnePiece = next?.isSign === true && next.link === 'joined' && asked[place]?.isSign === true;
    if (isOnePiece && words[at + place + 1]?.link !== 'joined') return 0;
  }
  const [found, term] = [words[at + last]?.term, asked[last]?.term];
  if (found === undefined || term === undefined) return 0;
  if (found === term) return 1;
  return isPrefix && found.startsWith(term) ? prefixWeight : 0;
}
