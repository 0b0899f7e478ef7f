/** Turns tokens into text as they arrive, without showing half a character. */

const replacement = '\ufffd';

export interface TokenTextDecoder {
  /** Returns the text that is certain by now; it may be empty. */
  push(token: number): string;
  /** Returns what was held back, even if it is not valid. */
  flush(): string;
}

/**
 * A token may end inside a UTF-8 sequence, which decodes to U+FFFD at the end; that character is held back until the
 * tokens that complete it arrive. U+FFFD before the last character stays invalid and is passed on.
 * @param detokenize returns the text of some tokens that follow others
 * @param before the tokens before the first one, where the text continues them
 */
export function createTokenTextDecoder(
  detokenize: (tokens: readonly number[], before: readonly number[]) => string,
  before: readonly number[] = [],
): TokenTextDecoder {
  let context = before.slice(-4);
  let pending: number[] = [];
  let shown = 0;

  return {
    push(token) {
      pending.push(token);
      const text = detokenize(pending, context);
      const certain = text.endsWith(replacement) ? text.length - replacement.length : text.length;
      const fresh = text.slice(shown, certain);
      shown = Math.max(shown, certain);
      if (certain === text.length) {
        context = [...context, ...pending].slice(-4);
        pending = [];
        shown = 0;
      }
      return fresh;
    },
    flush() {
      const rest = pending.length === 0 ? '' : detokenize(pending, context).slice(shown);
      pending = [];
      shown = 0;
      return rest;
    },
  };
}
