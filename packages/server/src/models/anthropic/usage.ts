/** The figures of Anthropic's `usage` objects, of which a stream has several. */
import { sumOfFigures, type TokenFigures, tokenFigure } from '../answer/token-figures.ts';
import { isObject } from '../upstream/upstream-error.ts';

const promptFields = ['input_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'] as const;

/**
 * The figures are cumulative. Tokens that were read from or written to the cache are part of the prompt, and not of
 * `input_tokens`. Some servers fill fields with zeros that an earlier event gave; these overwrite nothing.
 */
export class AnthropicUsage {
  readonly #prompt = new Map<string, number>();

  take(usage: unknown): TokenFigures {
    if (!isObject(usage)) return { prompt: undefined, completion: undefined };
    for (const field of promptFields) {
      const figure = tokenFigure(usage[field]);
      if (figure) this.#prompt.set(field, figure);
    }
    const isValid = promptFields.every((field) => {
      const value = usage[field];
      return value === undefined || value === null || tokenFigure(value) !== undefined;
    });
    return {
      prompt: isValid ? sumOfFigures(...this.#prompt.values()) : undefined,
      completion: tokenFigure(usage.output_tokens),
    };
  }
}
