/** What a call has cost by the model's tokenizer, as far as its provider did not report it. */

import { estimatedUsage, type Usage } from '../../domain/usage.ts';
import type { LanguageModel, ModelPrompt } from '../../models/language-model.ts';
import { TokenEstimate } from '../context/token-estimate.ts';
import { askedText } from '../plan/asked.ts';

/**
 * Exact for short texts; what one call costs here does not grow with the history.
 * @param reportedPrompt tokens of the prompt by the provider, which may have told no more than these
 */
export function estimateUsage(
  model: LanguageModel,
  prompt: ModelPrompt,
  written: string,
  reportedPrompt?: number,
): Usage {
  const completion = written === '' ? 0 : model.countTokens(written);
  return estimatedUsage(reportedPrompt ?? estimatePrompt(model, prompt), completion);
}

function estimatePrompt(model: LanguageModel, prompt: ModelPrompt): number {
  const estimate = new TokenEstimate(model);
  let tokens = estimate.ofText(askedText(prompt));
  for (const message of prompt.messages) tokens += estimate.ofContent(message);
  return tokens;
}
