/** What a call has cost by the model's tokenizer, as far as its provider did not report it. */

import type { Asked } from '../../domain/request/tools.ts';
import { estimatedUsage, type Usage } from '../../domain/usage.ts';
import type { LanguageModel, ModelMessage } from '../../models/language-model.ts';
import { TokenEstimate } from '../context/token-estimate.ts';
import { askedText } from '../plan/asked.ts';

/**
 * Exact for short texts; what one call costs here does not grow with the history.
 * @param reportedPrompt tokens of the prompt by the provider, which may have told no more than these
 * @param asked what stands in the prompt beside the messages
 */
export function estimateUsage(
  model: LanguageModel,
  messages: readonly ModelMessage[],
  written: string,
  reportedPrompt?: number,
  asked?: Asked,
): Usage {
  const prompt = reportedPrompt ?? estimatePrompt(model, messages, asked);
  const completion = written === '' ? 0 : model.countTokens(written);
  return estimatedUsage(prompt, completion);
}

function estimatePrompt(
  model: LanguageModel,
  messages: readonly ModelMessage[],
  asked: Asked | undefined,
): number {
  const estimate = new TokenEstimate(model);
  let tokens = estimate.ofText(askedText(asked));
  for (const message of messages) tokens += estimate.ofContent(message);
  return tokens;
}
