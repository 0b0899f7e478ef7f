/** Counts the characters of texts, and cuts texts between what readers see as characters. */

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The code points of a text. */
export function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/**
 * The beginning of a text, at most so many code points, cut between graphemes and so never inside an emoji. A single
 * grapheme that is longer is cut between its code points.
 */
export function cutGraphemes(text: string, maxCodePoints: number): string {
  // A code point has at most two units; the rest of a long text need not be looked at.
  const head = text.slice(0, 2 * maxCodePoints + 2);
  const points = [...head];
  if (points.length <= maxCodePoints && head.length === text.length) return text;
  let end = 0;
  let count = 0;
  for (const { segment, index } of segmenter.segment(head)) {
    count += [...segment].length;
    if (count > maxCodePoints) break;
    end = index + segment.length;
  }
  if (end > 0) return text.slice(0, end);
  return points
    .slice(0, maxCodePoints)
    .join('')
    .replace(/\u200d$/, '');
}
