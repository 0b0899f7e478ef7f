/** Asks a model for a short text beside the answers: queries, summaries, titles. */

import { reportedUsage, type Usage, unknownUsage } from '../../domain/usage.ts';
import type { LanguageModel, ModelRequest } from '../../models/language-model.ts';
import type { CallTimes } from './accounting.ts';
import { estimateUsage } from './estimate-usage.ts';

/** What a call has cost, and how long it took. */
export interface Spent {
  readonly usage: Usage;
  readonly isFailed: boolean;
  readonly times: CallTimes;
}

export interface Question extends ModelRequest {
  /** Characters (UTF-16 units) of text at most, behind which the call is broken off. Marked reasoning is not counted. */
  readonly maxTextLength: number;
  readonly signal: AbortSignal;
  /** Called once with the cost of the call, even if the call failed. */
  onSpent(spent: Spent): void;
  /** Whether the text so far suffices; the call is then broken off. */
  isEnough?(text: string): boolean;
}

/** Characters of reasoning that are kept to estimate what a call has cost. */
const maxThoughtLength = 65_536;

/** Gives the reply without the reasoning before it. @throws what the model's stream throws */
export async function askModel(model: LanguageModel, question: Question): Promise<string> {
  const { maxTextLength, signal, onSpent, isEnough, ...request } = question;
  let text = '';
  let thought = '';
  let usage: Usage | undefined;
  let reportedPrompt: number | undefined;
  let isFailed = false;
  const startedAt = performance.now();
  let firstTokenMs: number | null = null;
  let durationMs: number | null = null;
  try {
    for await (const parts of model.stream(request, { signal })) {
      for (const part of parts) {
        if (part.type === 'text' || part.type === 'reasoning') firstTokenMs ??= performance.now() - startedAt;
        if (part.type === 'text') text += part.text;
        else if (part.type === 'text-was-reasoning') {
          thought = (thought + text).slice(0, maxThoughtLength);
          text = '';
        } else if (part.type === 'reasoning' && thought.length < maxThoughtLength) thought += part.text;
        else if (part.type === 'usage') {
          reportedPrompt = part.promptTokens;
          usage = reportedUsage(part.promptTokens, part.completionTokens, part.details) ?? usage;
        }
      }
      if (text.length > maxTextLength || isEnough?.(text)) break;
    }
    durationMs = performance.now() - startedAt;
    return text;
  } catch (error) {
    isFailed = isTimeout(signal) || !signal.aborted;
    throw error;
  } finally {
    const written = (thought + text).slice(0, 2 * maxThoughtLength);
    const estimated = (): Usage => estimateUsage(model, request, written, reportedPrompt);
    onSpent({
      usage: usage ?? (written === '' ? unknownUsage : estimated()),
      isFailed,
      times: { firstTokenMs, durationMs },
    });
  }
}

/** Whether the model was given up since it was too slow. */
function isTimeout({ reason }: AbortSignal): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}
