/** JSON in one line, whatever a client takes for the end of a line. */

/** Valid inside JSON's strings, but some readers of lines split at them: U+0085, U+2028, U+2029. */
const lineBreak = /[\u0085\u2028\u2029]/;
const allLineBreaks = new RegExp(lineBreak, 'g');

/** As `JSON.stringify`, with these three escaped; JSON has them nowhere but in strings. */
export function toJsonLine(value: unknown, replacer?: (name: string, value: unknown) => unknown): string {
  const json = JSON.stringify(value, replacer);
  return lineBreak.test(json) ? json.replace(allLineBreaks, escaped) : json;
}

function escaped(sign: string): string {
  return `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
