/** The figures of Anthropic's `usage` objects, of which a stream has several. */
import { sumOfFigures, type TokenFigures, tokenFigure, toldDetails } from '../answer/token-figures.ts';
import { isObject } from '../upstream/upstream-error.ts';

const promptFields = ['input_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'] as const;

/**
 * The figures are cumulative. Tokens that were read from or written to the cache are part of the prompt, and not of
 * `input_tokens`. Some servers fill fields with zeros that an earlier event gave; these overwrite nothing.
 */
export class AnthropicUsage {
  /** By field; undefined where what was said is no number of tokens. */
  readonly #prompt = new Map<string, number | undefined>();

  take(usage: unknown): TokenFigures {
    if (!isObject(usage)) return { prompt: undefined, completion: undefined };
    for (const field of promptFields) {
      const value = usage[field];
      if (value !== undefined && value !== null && value !== 0) this.#prompt.set(field, tokenFigure(value));
    }
    const said = [...this.#prompt.values()];
    const figures = said.filter((figure) => figure !== undefined);
    const details = toldDetails({
      cached_tokens: this.#prompt.get('cache_read_input_tokens'),
      cache_write_tokens: this.#prompt.get('cache_creation_input_tokens'),
    });
    return {
      ...(Object.keys(details).length > 0 && { details }),
      prompt: figures.length === said.length ? sumOfFigures(...figures) : undefined,
      completion: tokenFigure(usage.output_tokens),
    };
  }
}
