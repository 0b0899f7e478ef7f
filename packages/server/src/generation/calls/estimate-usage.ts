/** What a call has cost by the model's tokenizer, for providers that do not report it. */
import { estimatedUsage, type Usage } from '../../domain/usage.ts';
import type { LanguageModel, ModelMessage } from '../../models/language-model.ts';
import { TokenEstimate } from '../context/token-estimate.ts';

/** Exact for short texts; what one call costs here does not grow with the history. */
export function estimateUsage(
  model: LanguageModel,
  messages: readonly ModelMessage[],
  written: string,
): Usage {
  const estimate = new TokenEstimate(model);
  let prompt = 0;
  for (const message of messages) prompt += estimate.ofText(message.text);
  const completion = written === '' ? 0 : model.countTokens(written);
  return estimatedUsage(prompt, completion);
}
