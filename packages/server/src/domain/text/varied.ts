/** Whether a text could be a secret. */

const leastDistinctCharacters = 6;
const longestRepeated = 8;

/** Whether a text is varied enough to be a secret: no few characters over and over, no short text repeated. */
export function isVaried(text: string): boolean {
  if (new Set(text).size < leastDistinctCharacters) return false;
  const periods = Array.from({ length: longestRepeated }, (_, index) => index + 1);
  return !periods.some((period) => text.startsWith(text.slice(period)));
}
