/** What a model's context window has room for: the prompt's share of it, and whether a message fits at all. */
import { AppError } from '../../domain/errors.ts';
import { isBuiltIn, type ModelRecord } from '../../domain/model.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import { remoteModule } from '../../models/providers/registry.ts';
import { askedText } from './asked.ts';
import type { RunPlan } from './plan.ts';
import { type PromptLimit, promptLimitOf } from './prompt-limits.ts';

/** Assumed context window, in tokens, of a hosted provider's model where nothing says how large it is. */
const hostedContextWindow = 32_768;
/** The same of every other model. */
const assumedContextWindow = 8_192;
/** Room for the answer, in tokens, when nothing bounds its length; at most half of the window is kept for it. */
const defaultAnswerRoom = 1024;
/** What a message costs beside its text, in tokens. */
export const tokensPerMessage = 8;
/** Share of a prompt by which an estimate of its tokens may be wrong. */
const estimateError = 0.05;

type SizedPlan = Pick<RunPlan, 'record' | 'parameters'> & {
  readonly model: Pick<LanguageModel, 'defaultMaxTokens'>;
};

/** The model's context window, in tokens: what its calls have shown, else what its record says, else what is assumed. */
export function contextWindowOf({ record }: Pick<RunPlan, 'record'>): number {
  const shown = promptLimitOf(record)?.windowTokens;
  const told = record.contextWindow ?? assumedWindow(record);
  if (shown === undefined) return told;
  // A window that an administrator has set is used smaller, never larger.
  return record.contextWindowSource === 'set' ? Math.min(shown, told) : shown;
}

/** What is known of a provider's models holds at its own address, and of servers that never have one of their own. */
function assumedWindow({
  provider,
  preset,
  baseUrl,
}: Pick<ModelRecord, 'provider' | 'preset' | 'baseUrl'>): number {
  if (isBuiltIn(provider)) return assumedContextWindow;
  const { baseUrl: home, contextWindow } = remoteModule(provider, preset);
  if (home === undefined) return contextWindow ?? assumedContextWindow;
  const isHome = baseUrl === null || baseUrl === home;
  return isHome ? (contextWindow ?? hostedContextWindow) : assumedContextWindow;
}

/** Whether the window was set, listed or named by the provider, or is that of a model in this server; else it is a guess. */
export function isWindowKnown({ record }: Pick<RunPlan, 'record'>): boolean {
  return (
    record.contextWindowSource !== 'assumed' ||
    promptLimitOf(record)?.windowTokens !== undefined ||
    isBuiltIn(record.provider)
  );
}

/** Tokens that the prompt may take. */
export function promptBudget(plan: SizedPlan): number {
  const limit = promptLimitOf(plan.record);
  return budgetWithin(plan, contextWindowOf(plan), limit);
}

/** The same for a window and what else calls have shown. */
export function budgetWithin(plan: SizedPlan, window: number, limit: PromptLimit | undefined): number {
  const wanted = boundOf(plan, limit) ?? defaultAnswerRoom;
  const budget = window - Math.min(wanted, Math.floor(window / 2));
  if (limit === undefined) return budget;
  return Math.min(Math.floor(budget * limit.countRatio), limit.promptTokens ?? budget);
}

/** What bounds the answer's length, in tokens: what is asked for, else what is sent with every request. */
function boundOf({ parameters, model }: SizedPlan, limit: PromptLimit | undefined): number | undefined {
  return parameters.maxTokens ?? model.defaultMaxTokens ?? limit?.answerTokens;
}

/**
 * The bound on the answer's length to send with a prompt, in tokens. It is smaller than what is asked for where both
 * would not fit into a window that is known. `countPrompt` counts the prompt's tokens; it is called only then.
 */
export function answerBound(plan: SizedPlan, countPrompt: () => number): number | undefined {
  const limit = promptLimitOf(plan.record);
  const wanted = boundOf(plan, limit);
  if (wanted === undefined) return undefined;
  const window = contextWindowOf(plan);
  // The prompt leaves at least half of the window.
  if (isWindowKnown(plan) && wanted > window / 2) {
    const prompt = Math.ceil((countPrompt() / (limit?.countRatio ?? 1)) * (1 + estimateError));
    return Math.max(1, Math.min(wanted, window - prompt));
  }
  if (limit?.promptTokens !== undefined && limit.promptTokens < wanted)
    return Math.max(1, limit.promptTokens);
  return plan.parameters.maxTokens;
}

/** The instructions that a model is sent: the persona's, then the request's. */
export function systemPromptOf({
  revision,
  prompt = revision?.systemPrompt ?? '',
  instructions,
}: Pick<RunPlan, 'revision' | 'prompt' | 'instructions'>): string {
  if (instructions === undefined || instructions === '') return prompt;
  return prompt === '' ? instructions : `${prompt}\n\n${instructions}`;
}

/**
 * A window that is only assumed refuses nothing: the model may take more, and its provider says so if it does not.
 * @throws AppError context_overflow, with both numbers, if a message alone is too large for the model
 */
export function checkMessageFits(plan: RunPlan, text: string): void {
  if (!isWindowKnown(plan)) return;
  const system = systemPromptOf(plan) + askedText(plan.asked);
  const budget = promptBudget(plan);
  // A token is at least one byte of UTF-8.
  const mostTokens = Buffer.byteLength(system) + Buffer.byteLength(text) + 2 * tokensPerMessage;
  if (mostTokens <= budget) return;
  const room = budget - (system === '' ? 0 : plan.model.countTokens(system) + tokensPerMessage);
  const tokens = plan.model.countTokens(text) + tokensPerMessage;
  if (tokens <= room) return;
  if (room <= tokensPerMessage) {
    throw new AppError(
      'context_overflow',
      `the system prompt alone fills what the model ${plan.record.name} has room for, which is ${budget} tokens`,
    );
  }
  throw new AppError(
    'context_overflow',
    `the message has about ${tokens} tokens, and the model ${plan.record.name} has room for ${Math.max(0, room)}`,
    { field: 'message' },
  );
}
