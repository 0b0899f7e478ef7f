/**
 * BM25 (Robertson and Zaragoza 2009; k1 = 1.2, b = 0.75) over a handful of texts, each scored against one query. This is
 * our own code because search libraries weigh words by the few texts at hand, which are all about one thing; see
 * `backgroundDocuments`.
 */
import { functionWords } from './function-words.ts';

const k1 = 1.2;
const b = 0.75;
/**
 * The few texts are all about one thing, so its words would count as common, and words that one page happens to lack as
 * significant. This many further documents without any of the words stand for the rest of the world.
 */
const backgroundDocuments = 20;

/**
 * How much longer the decomposition of a text may be. Hangul becomes three times as long; there are single signs that
 * stand for whole sentences (U+FDFA for 18 letters), of which a hostile page is made.
 */
const mostExpansion = 4;

/**
 * The words of a text in the form in which they are compared: without case, accents and the plural's `s`. For scripts
 * without blanks between words, these are the pairs of neighbouring characters.
 */
export function termsOf(text: string): readonly string[] {
  const plain = text
    .normalize('NFKD')
    .slice(0, mostExpansion * text.length)
    .replace(/\p{Mn}/gu, '')
    .toLowerCase();
  const terms: string[] = [];
  for (const [word] of plain.matchAll(/[\p{L}\p{N}]+/gu)) {
    if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u.test(word)) {
      const characters = [...word];
      if (characters.length === 1) terms.push(word);
      for (let index = 1; index < characters.length; index++) {
        terms.push(`${characters[index - 1]}${characters[index]}`);
      }
    } else {
      terms.push(word.length > 3 && /[^s]s$/.test(word) ? word.slice(0, -1) : word);
    }
  }
  return terms;
}

/** The terms of a query: those of its text without function words, unless it has nothing else. */
export function queryTermsOf(text: string): readonly string[] {
  const telling = text.replace(/[\p{L}\p{N}]+/gu, (word) =>
    functionWords.has(word.toLowerCase()) ? '' : word,
  );
  const terms = termsOf(telling);
  return terms.length > 0 ? terms : termsOf(text);
}

export interface Bm25 {
  /** The score of each document, in their order; 0 for a document without any term of the query. */
  score(query: readonly string[]): readonly number[];
}

export function createBm25(documents: readonly (readonly string[])[]): Bm25 {
  const counts = documents.map((terms) => {
    const count = new Map<string, number>();
    for (const term of terms) count.set(term, (count.get(term) ?? 0) + 1);
    return count;
  });
  const frequency = new Map<string, number>();
  for (const count of counts) {
    for (const term of count.keys()) frequency.set(term, (frequency.get(term) ?? 0) + 1);
  }
  const total = documents.reduce((sum, terms) => sum + terms.length, 0);
  const averageLength = Math.max(1, total / Math.max(1, documents.length));
  return {
    score(query) {
      const weights = [...new Set(query)].map((term) => {
        const df = frequency.get(term) ?? 0;
        return [
          term,
          Math.log(1 + (documents.length + backgroundDocuments - df + 0.5) / (df + 0.5)),
        ] as const;
      });
      return documents.map((terms, index) => {
        const length = 1 - b + (b * terms.length) / averageLength;
        let score = 0;
        for (const [term, weight] of weights) {
          const count = counts[index]?.get(term) ?? 0;
          score += (weight * count * (k1 + 1)) / (count + k1 * length);
        }
        return score;
      });
    },
  };
}
