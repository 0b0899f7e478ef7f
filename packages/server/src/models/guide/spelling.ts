/** Finds what a mistyped word was meant to be. */

/** Characters of a word at most that are compared; a longer one is no word. */
const maxLength = 40;

/** How many edits a word of this length may have: none, one, or two. */
function allowed(length: number): number {
  if (length < 4) return 0;
  return length < 8 ? 1 : 2;
}

/**
 * Whether two words differ by no more than a slip: letters that are missing, added or wrong, or two that changed places
 * (optimal string alignment). In short words only two letters may have changed places.
 */
export function isNear(word: string, other: string): boolean {
  if (word === other) return true;
  const count = slips(word, other);
  const shorter = Math.min(word.length, other.length);
  return count <= allowed(shorter) || (count === 1 && isAnagram(word, other));
}

/** Short words that differ in a letter are two words more often than a slip: "Paris" and "parts". */
function isOtherWord(word: string, other: string): boolean {
  return word.length < 6 && word.length === other.length && !isAnagram(word, other);
}

function isAnagram(word: string, other: string): boolean {
  return [...word].sort().join('') === [...other].sort().join('');
}

/** The known word that is nearest; undefined where none is near. A slip in the first letter is a swap with the second. */
export function nearestWord(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let fewest = allowed(word.length) + 1;
  for (const other of known) {
    const isSwapped = other[0] === word[1] && other[1] === word[0];
    if (other[0] !== word[0] && !isSwapped) continue;
    if (other.length < 4 || Math.abs(other.length - word.length) >= fewest) continue;
    const count = slips(word, other);
    if (count >= fewest || isOtherWord(word, other)) continue;
    best = other;
    fewest = count;
  }
  return best;
}

/** The number of slips between two words; at least 3 where they are more. */
function slips(one: string, other: string): number {
  if (one.length > maxLength || other.length > maxLength || Math.abs(one.length - other.length) > 2) return 3;
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1];
      let fewest = Math.min(
        (last[column] as number) + 1,
        (current[column - 1] as number) + 1,
        (last[column - 1] as number) + (isSame ? 0 : 1),
      );
      const isSwap =
        row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (isSwap) fewest = Math.min(fewest, (beforeLast[column - 2] as number) + 1);
      current.push(fewest);
    }
    beforeLast = last;
    last = current;
  }
  return last[other.length] as number;
}
