/**
 * Splits texts into the words that they are found by. Scripts that put no blanks between words, Hangul (whose particles
 * stick to nouns), symbols and emoji are split into signs, each a word. Both engines index these words.
 */
import { fold } from './folding.ts';

/** How a word follows the one before it: at once, behind punctuation without a blank (`a.b`), or otherwise. */
export type Link = 'joined' | 'linked' | 'open';

export interface Word {
  /** The folded word; a sign is one code point, but for a flag. */
  readonly term: string;
  /** Offset in the text of what it was folded from, in UTF-16 units. */
  readonly start: number;
  readonly isSign: boolean;
  readonly link: Link;
}

/** Maximum length of a word in UTF-16 units; the rest of longer ones is left out, in texts and in queries. */
const maxTermLength = 60;

const signScripts =
  '\\p{scx=Hani}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Bopo}\\p{scx=Hang}\\p{scx=Yiii}\\p{scx=Tang}\\p{scx=Thai}\\p{scx=Laoo}' +
  '\\p{scx=Khmr}\\p{scx=Mymr}\\p{scx=Tale}\\p{scx=Talu}\\p{scx=Lana}\\p{scx=Tavt}\\p{scx=Ahom}\\p{scx=Java}\\p{scx=Bali}';
const signLetter = new RegExp(`^[[${signScripts}]&&[\\p{L}\\p{Nl}\\p{M}]]$`, 'v');
const symbolClass = '[[\\p{So}\\p{Sc}\\p{Sm}\\p{Extended_Pictographic}]--\\p{ASCII}]';
const symbol = new RegExp(`^${symbolClass}$`, 'v');
const letter = /^[\p{L}\p{N}\p{M}]$/u;

const marks = '[\\p{M}\\p{Grapheme_Extend}\\p{Default_Ignorable_Code_Point}\\p{Cf}\\p{Emoji_Modifier}]';
const jamo = '[\\u1100-\\u11ff\\ua960-\\ua97f\\ud7b0-\\ud7ff]';
/**
 * Next word of plain letters (1), or next letter, digit or symbol with its marks (2). No alternative can be read in two
 * ways, so the time is linear.
 */
const nextPattern =
  `([A-Za-z0-9]+)|(\\p{Regional_Indicator}{2}|${jamo}+${marks}*|` +
  `[[\\p{L}\\p{N}]--${marks}]${marks}*|${symbolClass}${marks}*)`;

/** Punctuation between the parts of an address, a name, a version or code; commas and quotes part words. */
const linking = /^[-._@:/\\#+=&~'’·|*%$^<>()[\]{}`\u05be\u2010-\u2015\u200b-\u200d]{1,8}$/;
/** Nothing that is seen. */
const nothing = /^[\p{Default_Ignorable_Code_Point}\p{Cf}\p{M}\u0640]*$/u;
const maxGap = 8;
const blank = 0x20;

/** Maximum number of words of a text; a single letter may be a ligature of four words. */
const maxWords = 32_768;

/** The words of a text, in order; the first 32,768. */
export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  const matcher = new RegExp(nextPattern, 'gv');
  let open: { term: string; start: number; link: Link } | undefined;
  let end = -1;
  const closeOpen = (): void => {
    if (open !== undefined) words.push({ ...open, isSign: false });
    open = undefined;
  };
  const openOrLengthen = (by: string, start: number, link: Link): void => {
    if (open === undefined) open = { term: by, start, link };
    else open.term = lengthen(open.term, by);
  };
  for (
    let match = matcher.exec(text);
    match !== null && words.length < maxWords;
    match = matcher.exec(text)
  ) {
    const [raw, plain] = match;
    const start = match.index;
    const gap = linkOf(text, end, start);
    end = start + raw.length;
    let link = gap;
    const folded = plain?.toLowerCase() ?? fold(raw);
    if (folded === '') continue;
    if (gap !== 'joined') closeOpen();
    if (plain !== undefined) {
      openOrLengthen(folded, start, link);
      continue;
    }
    if (flag.test(raw)) {
      closeOpen();
      words.push({ term: raw, start, isSign: true, link: symbolLink(link, text, start) });
      continue;
    }
    for (const sign of folded) {
      const isSymbol = symbol.test(sign);
      if (isSymbol || signLetter.test(sign)) {
        closeOpen();
        words.push({
          term: sign,
          start,
          isSign: true,
          link: isSymbol ? symbolLink(link, text, start) : link,
        });
        link = 'joined';
      } else if (letter.test(sign)) {
        openOrLengthen(sign, start, link);
        link = 'joined';
      } else {
        // A ligature of several words.
        closeOpen();
        link = 'linked';
      }
    }
  }
  if (words.length < maxWords) closeOpen();
  return words;
}

/** Two letters that are shown as one flag. */
const flag = /^\p{Regional_Indicator}{2}$/u;

function lengthen(term: string, by: string): string {
  if (term.length >= maxTermLength) return term;
  const longer = term + by;
  if (longer.length <= maxTermLength) return longer;
  // No half of a surrogate pair.
  return longer.slice(0, maxTermLength).replace(/[\ud800-\udbff]$/, '');
}

function linkOf(text: string, end: number, start: number): Link {
  if (end === start) return 'joined';
  if (start - end === 1 && text.charCodeAt(end) === blank) return 'open';
  if (end < 0 || start - end > maxGap) return 'open';
  const gap = text.slice(end, start);
  if (nothing.test(gap)) return 'joined';
  return linking.test(gap) ? 'linked' : 'open';
}

/** Symbols side by side are separate, but for those that a zero-width joiner makes one emoji. */
function symbolLink(link: Link, text: string, start: number): Link {
  return link === 'joined' && text[start - 1] !== '\u200d' ? 'open' : link;
}
