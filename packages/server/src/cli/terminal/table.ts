/** Texts for a terminal: columns that are aligned and fit. */
import stringWidth from 'string-width';

const gap = 2;
const narrowest = 8;
const graphemes = new Intl.Segmenter();

/**
 * The rows below a line of headings, in columns. `width` is that of the terminal: wider columns are cut with `…` so that
 * the lines fit; undefined: they are not.
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  width: number | undefined,
): string {
  const lines = [headings, ...rows].map((row) => row.map(printable));
  const widths = headings.map((_, column) =>
    Math.max(...lines.map((line) => stringWidth(line[column] ?? ''))),
  );
  if (width !== undefined) fit(widths, width);
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, at) => pad(cell, widths[at] ?? 0))
          .join(' '.repeat(gap))
          .trimEnd()}\n`,
    )
    .join('');
}

/** In one line, without what a terminal obeys, such as escape sequences in a name that somebody chose. */
export function printable(text: string): string {
  return printableText(text.replaceAll(/[\t\r\n]+/g, ' '));
}

/** The same with its line breaks and tabs. */
export function printableText(text: string): string {
  return text.replaceAll(/[^\P{Cc}\t\n]+/gu, '�');
}

/** Takes from the widest columns until all fit. */
function fit(widths: number[], width: number): void {
  const excess = () => widths.reduce((sum, one) => sum + one + gap, -gap) - width;
  while (excess() > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    const current = widths[widest] ?? 0;
    if (current <= narrowest) return;
    widths[widest] = current - 1;
  }
}

function pad(text: string, width: number): string {
  const cut = stringWidth(text) <= width ? text : `${start(text, width - 1)}…`;
  return cut + ' '.repeat(Math.max(0, width - stringWidth(cut)));
}

function start(text: string, width: number): string {
  let result = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    used += stringWidth(segment);
    if (used > width) break;
    result += segment;
  }
  return result;
}
