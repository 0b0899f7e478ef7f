/** Citations in an answer's text: `[1]` where a source of that number was given. */

/** The text in pieces; a source stands where it is cited. */
export function splitCitations<Source extends { readonly index: number }>(
  text: string,
  sources: readonly Source[],
): readonly (string | Source)[] {
  const byIndex = new Map(sources.map((source) => [source.index, source]));
  const pieces: (string | Source)[] = [];
  let from = 0;
  for (const found of text.matchAll(/\[(\d{1,3})\]/g)) {
    const source = byIndex.get(Number(found[1]));
    if (source === undefined) continue;
    if (found.index > from) pieces.push(text.slice(from, found.index));
    pieces.push(source);
    from = found.index + found[0].length;
  }
  if (from < text.length) pieces.push(text.slice(from));
  return pieces;
}
