/** What a call has cost by the model's tokenizer, for providers that do not report it. */
import { estimatedUsage, type Usage } from '../../domain/usage.ts';
import type { LanguageModel, ModelMessage } from '../../models/language-model.ts';

export function estimateUsage(
  model: LanguageModel,
  messages: readonly ModelMessage[],
  written: string,
): Usage {
  let prompt = 0;
  for (const message of messages) prompt += model.countTokens(message.text);
  const completion = written === '' ? 0 : model.countTokens(written);
  return estimatedUsage(prompt, completion);
}
