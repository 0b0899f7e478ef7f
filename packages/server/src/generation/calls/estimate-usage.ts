/** What a call has cost by the model's tokenizer, as far as its provider did not report it. */
import { estimatedUsage, type Usage } from '../../domain/usage.ts';
import type { LanguageModel, ModelMessage } from '../../models/language-model.ts';
import { TokenEstimate } from '../context/token-estimate.ts';

/**
 * Exact for short texts; what one call costs here does not grow with the history.
 * @param reportedPrompt tokens of the prompt by the provider, which may have told no more than these
 */
export function estimateUsage(
  model: LanguageModel,
  messages: readonly ModelMessage[],
  written: string,
  reportedPrompt?: number,
): Usage {
  const prompt = reportedPrompt ?? estimatePrompt(model, messages);
  const completion = written === '' ? 0 : model.countTokens(written);
  return estimatedUsage(prompt, completion);
}

function estimatePrompt(model: LanguageModel, messages: readonly ModelMessage[]): number {
  const estimate = new TokenEstimate(model);
  let tokens = 0;
  for (const message of messages) tokens += estimate.ofContent(message);
  return tokens;
}
