/** The part of a text in which a query's words were found. */
import { type Phrase, wordsOf } from './words.ts';

/** Approximate length of a snippet, in UTF-16 units. */
const snippetLength = 160;
const before = 50;

/** Makes a snippet of one line, with an ellipsis where the text was cut. */
export function snippetOf(text: string, phrases: readonly Phrase[]): string {
  const at = findFirst(text, phrases) ?? 0;
  const start = at <= before ? 0 : boundary(text, at - before, at);
  const end = Math.min(text.length, start + snippetLength);
  const cutEnd = end === text.length ? end : boundaryBefore(text, end, at);
  const inside = text.slice(start, cutEnd).toWellFormed().replaceAll('\ufffd', '');
  return `${start > 0 ? '…' : ''}${inside.replace(/\s+/g, ' ').trim()}${cutEnd < text.length ? '…' : ''}`;
}

function findFirst(text: string, phrases: readonly Phrase[]): number | undefined {
  const firsts = phrases.map(({ terms, isPrefix }) => ({ term: terms[0] ?? '', isPrefix }));
  for (const { term, start } of wordsOf(text)) {
    if (firsts.some((one) => (one.isPrefix ? term.startsWith(one.term) : term === one.term))) return start;
  }
  return undefined;
}

/** The start of the first word at or after `from`; `from` itself if no word starts before `limit`. */
function boundary(text: string, from: number, limit: number): number {
  for (let at = from; at < limit; at += 1) if (/\s/.test(text[at] ?? '')) return at + 1;
  return from;
}

/** The last blank before `to`; `to` itself if there is none after `limit`. */
function boundaryBefore(text: string, to: number, limit: number): number {
  for (let at = to; at > limit + before; at -= 1) if (/\s/.test(text[at] ?? '')) return at;
  return to;
}
