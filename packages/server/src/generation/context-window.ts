/** Fits a history to a model: the system prompt and the newest turns always, older ones while there is room. */
import { AppError } from '../domain/errors.ts';
import type { LanguageModel, ModelMessage } from '../models/language-model.ts';
import type { Ancestor } from '../store/queries/messages.ts';
import { readAncestors } from '../store/queries/messages.ts';
import type { Database } from '../store/tables.ts';
import type { RunPlan } from './plan.ts';

/** Assumed where a model's record does not say, in tokens. */
const defaultContextWindow = 32_768;
/** Left for the answer where no bound is given, in tokens; at most half of the window. */
const defaultAnswerRoom = 1024;
/** What a message costs beside its text, in tokens. */
const tokensPerMessage = 8;
const ancestorsAtOnce = 64;

/** Tokens that the prompt may take. */
export function promptBudget(plan: Pick<RunPlan, 'record' | 'parameters'>): number {
  const window = plan.record.contextWindow ?? defaultContextWindow;
  const wanted = plan.parameters.max_tokens ?? defaultAnswerRoom;
  return window - Math.min(wanted, Math.floor(window / 2));
}

/** An upper bound is enough where it fits: a token is at least one byte of UTF-8. */
function tokensOf(model: LanguageModel, text: string, budget: number): number {
  if (text.length * 3 + tokensPerMessage <= budget) {
    const bytes = Buffer.byteLength(text);
    if (bytes + tokensPerMessage <= budget / 4) return bytes + tokensPerMessage;
  }
  return model.countTokens(text) + tokensPerMessage;
}

/** @throws AppError context_overflow, with both numbers, where a message alone is too large for the model */
export function checkMessageFits(plan: RunPlan, text: string): void {
  const budget = promptBudget(plan) - systemTokens(plan);
  if (Buffer.byteLength(text) + tokensPerMessage <= budget) return;
  const tokens = plan.model.countTokens(text) + tokensPerMessage;
  if (tokens > budget) {
    throw new AppError(
      'context_overflow',
      `the message has about ${tokens} tokens, and the model ${plan.record.name} has room for ${Math.max(0, budget)}`,
      { field: 'message' },
    );
  }
}

function systemTokens(plan: RunPlan): number {
  const prompt = plan.revision?.system_prompt ?? '';
  return prompt === '' ? 0 : tokensOf(plan.model, prompt, promptBudget(plan));
}

function toModelMessage(message: Pick<Ancestor, 'role' | 'text'>): ModelMessage | undefined {
  if (message.role === 'tool' || message.text === '') return undefined;
  return { role: message.role, text: message.text };
}

/** The prompt for a first message, which has no history. */
export function firstPrompt(plan: RunPlan, text: string): ModelMessage[] {
  return withSystem(plan, [{ role: 'user', text }]);
}

/** The prompt for an answer to `messageId`: its ancestors, newest first, as many as fit. */
export async function buildPrompt(
  reads: Database,
  plan: RunPlan,
  messageId: string,
): Promise<ModelMessage[]> {
  const budget = promptBudget(plan);
  let left = budget - systemTokens(plan);
  const chosen: ModelMessage[] = [];
  let from: string | null = messageId;
  while (from !== null) {
    const page: Ancestor[] = await readAncestors(reads, from, ancestorsAtOnce);
    for (const ancestor of page) {
      const message = toModelMessage(ancestor);
      if (message === undefined) continue;
      left -= tokensOf(plan.model, message.text, budget);
      if (left < 0 && chosen.length > 0) return withSystem(plan, chosen.reverse());
      chosen.push(message);
    }
    from = page.length < ancestorsAtOnce ? null : (page[page.length - 1]?.parent_id ?? null);
  }
  return withSystem(plan, chosen.reverse());
}

function withSystem(plan: RunPlan, messages: ModelMessage[]): ModelMessage[] {
  const prompt = plan.revision?.system_prompt ?? '';
  return prompt === '' ? messages : [{ role: 'system', text: prompt }, ...messages];
}
