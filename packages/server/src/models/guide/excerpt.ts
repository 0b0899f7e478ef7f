/** Cuts the part out of a section that answers a question. */

const maxCharacters = 1000;
/** Where whole blocks would leave more than this share unused, the beginning of the next one follows. */
const maxUnused = 0.5;

/**
 * Whole paragraphs from the beginning, or where a later one has more of what is asked, from that one on. A code fence
 * that is cut is closed again.
 * @param relevance says how much a text has of what is asked
 */
export function excerpt(text: string, relevance: (text: string) => number): string {
  if (text.length <= maxCharacters) return text;
  const blocks = blocksOf(text).map((block) => withoutOtherRows(block, relevance));
  const fromStart = take(blocks);
  let best = { from: 0, score: relevance(fromStart.kept) };
  for (const [from, block] of blocks.entries()) {
    const score = relevance(block.slice(0, maxCharacters));
    if (score > best.score) best = { from, score };
  }
  const { kept, isCut } = best.from === 0 ? fromStart : take(blocks.slice(best.from));
  return `${best.from === 0 ? '' : '…\n\n'}${kept}${isCut ? '\n\n…' : ''}`;
}

/** Paragraphs, tables and code fences, each whole. */
function blocksOf(text: string): string[] {
  const blocks: string[] = [];
  let open: string[] = [];
  let isFenced = false;
  for (const line of text.split('\n')) {
    if (/^\s*(?:```|~~~)/.test(line)) isFenced = !isFenced;
    if (line.trim() !== '' || isFenced) open.push(line);
    else if (open.length > 0) {
      blocks.push(open.join('\n'));
      open = [];
    }
  }
  return open.length > 0 ? [...blocks, open.join('\n')] : blocks;
}

/** Of a table that is too long, the rows that have most of what is asked; all, where none has any of it. */
function withoutOtherRows(block: string, relevance: (text: string) => number): string {
  const [names, line, ...rows] = block.split('\n');
  if (block.length <= maxCharacters || names?.startsWith('|') !== true || line === undefined) return block;
  const scores = rows.map(relevance);
  const best = Math.max(...scores);
  if (best === 0) return block;
  return [names, line, ...rows.filter((_, index) => scores[index] === best)].join('\n');
}

/** The blocks that fit, and of a long one that does not, its beginning. */
function take(blocks: readonly string[]): { readonly kept: string; readonly isCut: boolean } {
  let kept = '';
  for (const block of blocks) {
    const longer = kept === '' ? block : `${kept}\n\n${block}`;
    const left = maxCharacters - kept.length;
    if (longer.length > maxCharacters) {
      if (left < maxCharacters * maxUnused) return { kept, isCut: true };
      return { kept: [kept, beginning(block, left)].join('\n\n').trim(), isCut: true };
    }
    kept = longer;
  }
  return { kept, isCut: false };
}

function beginning(block: string, length: number): string {
  const ends = [block.lastIndexOf('\n', length), block.lastIndexOf(' ', length)];
  const kept = block.slice(0, ends.find((at) => at > length / 3) ?? length);
  const openFence = (kept.match(/^```/gm)?.length ?? 0) % 2 === 1;
  return `${kept.toWellFormed()}${openFence ? '\n```' : ''}`;
}
