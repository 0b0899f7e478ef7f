/** Cuts a streamed text at the first stop string, also where that string arrives in pieces. */

export interface StopMatcher {
  /** Returns the text that is certainly before any stop string and, once one was found, what follows it. */
  push(text: string): { readonly text: string; readonly after: string | undefined };
  /** Returns what was held back, where the text ended without a stop string. */
  flush(): string;
}

export function createStopMatcher(stops: readonly string[]): StopMatcher {
  const needles = stops.filter((stop) => stop !== '');
  let held = '';
  return {
    push(text) {
      held += text;
      const found = firstOf(held, needles);
      if (found !== undefined) {
        const text = held.slice(0, found.at);
        const after = held.slice(found.at + found.needle.length);
        held = '';
        return { text, after };
      }
      const certain = held.length - longestBeginning(held, needles);
      const before = held.slice(0, certain);
      held = held.slice(certain);
      return { text: before, after: undefined };
    },
    flush() {
      const rest = held;
      held = '';
      return rest;
    },
  };
}

function firstOf(text: string, needles: readonly string[]): { at: number; needle: string } | undefined {
  let first: { at: number; needle: string } | undefined;
  for (const needle of needles) {
    const at = text.indexOf(needle);
    if (at >= 0 && (first === undefined || at < first.at)) first = { at, needle };
  }
  return first;
}

/** The length of the longest suffix of `text` that is a proper prefix of a needle. */
function longestBeginning(text: string, needles: readonly string[]): number {
  let longest = 0;
  for (const needle of needles)
    for (let length = Math.min(needle.length - 1, text.length); length > longest; length--)
      if (text.endsWith(needle.slice(0, length))) {
        longest = length;
        break;
      }
  return longest;
}
