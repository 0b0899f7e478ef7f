/** Removes from foreign text what a reader could not see, so that a model does not read it either. */

/**
 * Matches soft hyphen, combining grapheme joiner, fillers, zero-width and bidirectional controls, invisible operators,
 * variation selectors, byte order marks, annotation anchors, and the tag characters of plane 14, which can hide whole
 * sentences in an emoji.
 */
const invisible =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: single code points are meant
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/** Keeps line breaks, as LF, and leaves neither a NUL nor a lone surrogate. */
export function stripInvisible(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
    .replace(controls, '')
    .replace(invisible, '');
}

/** Makes one line: white space is collapsed, and the text is cut to `maxLength` UTF-16 units between characters. */
export function toSingleLine(text: string, maxLength: number): string {
  const line = stripInvisible(text).replace(/\s+/g, ' ').trim();
  return line.length <= maxLength
    ? line
    : `${line
        .slice(0, maxLength - 1)
        .toWellFormed()
        .replace(/\ufffd$/, '')
        .trimEnd()}…`;
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

/** The text of a search engine's excerpt, which marks matched words by tags and holds entities. */
export function plainExcerpt(markup: string, maxLength: number): string {
  const text = markup
    .slice(0, 10_000)
    .replace(/<\/?[a-z][^<>]*>/gi, '')
    .replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{1,10}));/gi, (whole, decimal, hex, name) => {
      if (name !== undefined) return entities[name.toLowerCase()] ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : '';
    });
  return toSingleLine(text, maxLength);
}
