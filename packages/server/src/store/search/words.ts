/**
 * Splits texts into the words that they are found by: folded in case, width and accents. In scripts without
 * blanks between words each character is a word, and queries are phrases. Both engines store these words, so both find
 * the same.
 */

export interface Word {
  /** The word as it is indexed: letters and digits only. */
  readonly term: string;
  /** Offset of the word in the text, in UTF-16 units. */
  readonly start: number;
  /** Whether it follows the previous word's character directly, without a blank. */
  readonly isJoined: boolean;
}

const scriptsWithoutBlanks =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}';
const signPattern = `[${scriptsWithoutBlanks}]\\p{M}*`;
const wordPattern = `(?:(?![${scriptsWithoutBlanks}])[\\p{L}\\p{N}])(?:(?![${scriptsWithoutBlanks}])[\\p{L}\\p{N}\\p{M}])*`;
const pattern = `(${signPattern})|${wordPattern}`;

/** Maximum length of a word; longer ones are cut, in texts and in queries. */
const maxTermLength = 60;

function fold(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII.
  if (/^[\x00-\x7f]*$/.test(text)) return text.toLowerCase().slice(0, maxTermLength);
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}]/gu, '')
    .slice(0, maxTermLength)
    .toWellFormed()
    .replace('\ufffd', '');
}

/** The words of a text, in order; stops at `most`. */
export function* wordsOf(text: string, most = Number.POSITIVE_INFINITY): Generator<Word> {
  const matcher = new RegExp(pattern, 'gu');
  let count = 0;
  let endOfSign = -1;
  for (let match = matcher.exec(text); match !== null && count < most; match = matcher.exec(text)) {
    const isSign = match[1] !== undefined;
    const term = fold(match[0]);
    if (term === '') continue;
    yield { term, start: match.index, isJoined: isSign && match.index === endOfSign };
    endOfSign = isSign ? match.index + match[0].length : -1;
    count += 1;
  }
}

/** Words that stand side by side. A phrase of a single long enough word also matches words that begin with it. */
export interface Phrase {
  readonly terms: readonly string[];
  readonly isPrefix: boolean;
}

const minPrefixLength = 3;
const maxQueryWords = 32;

/** The phrases of a query; a text matches if it contains all of them. */
export function phrasesOf(query: string): Phrase[] {
  const groups: string[][] = [];
  for (const { term, isJoined } of wordsOf(query, maxQueryWords)) {
    const last = groups.at(-1);
    if (isJoined && last !== undefined) last.push(term);
    else groups.push([term]);
  }
  return groups.map((terms) => ({
    terms,
    isPrefix: terms.length === 1 && (terms[0]?.length ?? 0) >= minPrefixLength,
  }));
}
