/** What a model's context window has room for: the prompt's share of it, and whether a message fits at all. */
import { AppError } from '../../domain/errors.ts';
import type { RunPlan } from './plan.ts';

/** Assumed context window, in tokens, of a model whose record has none. */
const defaultContextWindow = 32_768;
/** Room for the answer, in tokens, when no `max_tokens` is set; at most half of the window is kept for it. */
const defaultAnswerRoom = 1024;
/** What a message costs beside its text, in tokens. */
export const tokensPerMessage = 8;

/** The model's context window, in tokens. */
export function contextWindowOf(plan: Pick<RunPlan, 'record'>): number {
  return plan.record.contextWindow ?? defaultContextWindow;
}

/** Tokens that the prompt may take. */
export function promptBudget(plan: Pick<RunPlan, 'record' | 'parameters'>): number {
  const window = contextWindowOf(plan);
  const wanted = plan.parameters.maxTokens ?? defaultAnswerRoom;
  return window - Math.min(wanted, Math.floor(window / 2));
}

export function systemPromptOf(plan: Pick<RunPlan, 'revision'>): string {
  return plan.revision?.systemPrompt ?? '';
}

/** @throws AppError context_overflow, with both numbers, if a message alone is too large for the model */
export function checkMessageFits(plan: RunPlan, text: string): void {
  const system = systemPromptOf(plan);
  const budget = promptBudget(plan);
  // A token is at least one byte of UTF-8.
  const mostTokens = Buffer.byteLength(system) + Buffer.byteLength(text) + 2 * tokensPerMessage;
  if (mostTokens <= budget) return;
  const room = budget - (system === '' ? 0 : plan.model.countTokens(system) + tokensPerMessage);
  const tokens = plan.model.countTokens(text) + tokensPerMessage;
  if (tokens <= room) return;
  throw new AppError(
    'context_overflow',
    `the message has about ${tokens} tokens, and the model ${plan.record.name} has room for ${Math.max(0, room)}`,
    { field: 'message' },
  );
}
