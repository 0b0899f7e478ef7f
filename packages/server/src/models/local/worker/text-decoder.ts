/** Turns tokens into text as they come, without ever showing half a character. */

const replacement = '\ufffd';

export interface TokenTextDecoder {
  /** @returns what is certain by now, possibly empty */
  push(token: number): string;
  /** What was held back, as it stands. */
  flush(): string;
}

/**
 * A token may end inside a UTF-8 sequence, which decodes to U+FFFD at the end; that one character waits for the
 * tokens that complete it. Runs of it before the last are invalid for good and pass.
 * @param detokenize the text of some tokens that follow others
 * @param before tokens that stand before the first one, where the text goes on from them
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
