/** Asks a model for a short text beside the answers: queries, summaries, titles. */

import type { SamplingParameters } from '../../domain/persona.ts';
import { reportedUsage, type Usage, unknownUsage } from '../../domain/usage.ts';
import type { LanguageModel, ModelMessage } from '../../models/language-model.ts';
import { estimateUsage } from './estimate-usage.ts';

export interface Question {
  readonly messages: readonly ModelMessage[];
  readonly parameters: SamplingParameters;
  readonly signal: AbortSignal;
  /** Called once with the cost of the call, even if the call failed. */
  onSpent(usage: Usage): void;
  /** Whether the text so far suffices; the call is then broken off. */
  isEnough?(text: string): boolean;
}

/** @throws what the model's stream throws */
export async function askModel(model: LanguageModel, question: Question): Promise<string> {
  const { messages, parameters, signal, onSpent, isEnough } = question;
  let text = '';
  let usage: Usage | undefined;
  try {
    for await (const parts of model.stream({ messages, parameters }, { signal })) {
      for (const part of parts) {
        if (part.type === 'text') text += part.text;
        else if (part.type === 'text-was-reasoning') text = '';
        else if (part.type === 'usage')
          usage = reportedUsage(part.promptTokens, part.completionTokens) ?? usage;
      }
      if (isEnough?.(text)) break;
    }
    return text;
  } finally {
    onSpent(usage ?? (text === '' ? unknownUsage : estimateUsage(model, messages, text)));
  }
}
