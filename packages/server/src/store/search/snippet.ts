/** The part of a text in which a query's words were found. */

/** Approximate length of a snippet, and of what stands before the words, in UTF-16 units. */
const snippetLength = 160;
const before = 50;
/** Units around a cut that are looked at to find where a grapheme ends. */
const margin = 64;

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Makes a snippet of one line around `at`, cut at blanks where there are some near, else between graphemes, with an
 * ellipsis where the text was cut.
 */
export function snippetAt(text: string, at: number): string {
  const start = at <= before ? 0 : startOf(text, at);
  const end = endOf(text, at, start + snippetLength);
  const inside = text.slice(start, end).toWellFormed().replaceAll('\ufffd', '');
  return `${start > 0 ? '…' : ''}${inside.replace(/\s+/g, ' ').trim()}${end < text.length ? '…' : ''}`;
}

/** The start of the first word in the `before` units up to `at`, else of the first grapheme. */
function startOf(text: string, at: number): number {
  for (let start = at - before; start < at; start += 1) {
    if (/\s/.test(text[start] ?? '')) return start + 1;
  }
  const starts = graphemeStarts(text, at - before, at).filter((start) => start <= at);
  return starts.find((start) => start >= at - before) ?? starts.at(-1) ?? at;
}

/** The last blank up to `limit`, else the end of the last grapheme. */
function endOf(text: string, at: number, limit: number): number {
  if (limit >= text.length) return text.length;
  for (let end = limit; end > at + before; end -= 1) if (/\s/.test(text[end] ?? '')) return end;
  return graphemeStarts(text, at, limit).findLast((start) => start > at && start <= limit) ?? limit;
}

/** Where graphemes start, from a little before `from` to a little behind `to`. */
function graphemeStarts(text: string, from: number, to: number): number[] {
  const offset = Math.max(0, from - margin);
  const starts = [...segmenter.segment(text.slice(offset, to + margin))].map(({ index }) => offset + index);
  // The text may be cut inside a grapheme there.
  return offset > 0 ? starts.slice(1) : starts;
}
