/** What tokens cost, and what a call of a model may cost at most before it is made. */
import type { ModelRecord } from '../../domain/model.ts';

/** Assumed length of an answer, in tokens, when no `max_tokens` is set, for the limit of tokens a minute. */
export const assumedAnswerTokens = 256;
/** Bytes of text to a token, as texts usually have it. */
export const bytesPerToken = 4;
/** The same where no more may be used than was reserved: few texts have fewer. */
export const fewestBytesPerToken = 3;

/** Of so many tokens, in the currency of the prices, which are per million tokens; 0 without prices. */
export function costOfTokens(
  { prices }: Pick<ModelRecord, 'prices'>,
  promptTokens: number,
  answerTokens: number,
): number {
  return prices === null ? 0 : (promptTokens * prices.input + answerTokens * prices.output) / 1e6;
}
