/** Trims texts of others in time that grows with their length; `/x+$/` tries anew at each `x` and so takes its square. */

/** The text without the characters at its end that `isTrimmed` takes, which gets one UTF-16 unit each. */
export function trimEndOf(text: string, isTrimmed: (unit: string) => boolean): string {
  let end = text.length;
  while (end > 0 && isTrimmed(text[end - 1] as string)) end -= 1;
  return end === text.length ? text : text.slice(0, end);
}

/** The text without the slashes at its end. */
export function trimSlashes(text: string): string {
  return trimEndOf(text, (unit) => unit === '/');
}
