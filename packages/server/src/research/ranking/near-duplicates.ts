/** Recognises passages that say the same in nearly the same words, by the shingles that two passages share. */

const shingleWords = 4;
/** Passages with at least this Jaccard similarity count as the same. */
const threshold = 0.6;

export interface NearDuplicates {
  /** Whether the text is nearly the same as an earlier one; a text that is not is remembered. */
  isRepeated(terms: readonly string[]): boolean;
}

export function createNearDuplicates(): NearDuplicates {
  const known: ReadonlySet<string>[] = [];
  return {
    isRepeated(terms) {
      const shingles = shinglesOf(terms);
      if (known.some((other) => similarity(shingles, other) >= threshold)) return true;
      known.push(shingles);
      return false;
    },
  };
}

function shinglesOf(terms: readonly string[]): ReadonlySet<string> {
  if (terms.length <= shingleWords) return new Set([terms.join(' ')]);
  return new Set(
    terms.slice(shingleWords - 1).map((_, index) => terms.slice(index, index + shingleWords).join(' ')),
  );
}

function similarity(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  const shared = one.intersection(other).size;
  return shared / (one.size + other.size - shared);
}
