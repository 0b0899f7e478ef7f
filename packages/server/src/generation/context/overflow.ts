/** After a prompt that was too long for the model: what that shows of the model, and whether to ask once more. */
import type { LearntFacts } from '../../domain/model.ts';
import type { LanguageModel, ModelPrompt, ModelRequest } from '../../models/language-model.ts';
import { ModelError } from '../../models/model-error.ts';
import type { Overflow } from '../../models/refusals/overflow.ts';
import { askedText } from '../plan/asked.ts';
import { budgetWithin, contextWindowOf } from '../plan/context-window.ts';
import type { RunPlan } from '../plan/plan.ts';
import { type PromptLimit, promptLimitOf, rememberPromptLimit } from '../plan/prompt-limits.ts';
import { TokenEstimate, wordsOf } from './token-estimate.ts';

/**
 * What of a prompt is sent the second time where the provider names no figures, or such as explain nothing: less where
 * the window was only assumed, since many servers run models with a quarter of what is assumed.
 */
const shareWithoutFigures = { known: 0.5, assumed: 0.25 } as const;
const smallestRatio = 0.1;
/** Tokens of a prompt that shows how a provider counts; of a shorter one, most may be what it puts around the messages. */
const fewestTelling = 100;
/** Tokens of a prompt that is not made smaller. */
const smallestPrompt = 32;

/** Whether a call failed since its prompt was too long. */
export function isOverflow(error: unknown): error is ModelError {
  return error instanceof ModelError && error.code === 'context_overflow';
}

/** The tokens of a prompt, as the fitting counts them. */
export function countPrompt(
  plan: { readonly model: Pick<LanguageModel, 'countTokens'> },
  prompt: ModelPrompt,
): number {
  const estimate = new TokenEstimate(plan.model);
  return prompt.messages.reduce(
    (sum, message) => sum + estimate.ofWhole(message),
    estimate.ofMessage(askedText(prompt)),
  );
}

/**
 * Remembers what an overflow shows, and gives it to be kept with the model; `counted` are the tokens of the prompt that
 * was too long, as counted here.
 */
export function learnFromOverflow(
  plan: Pick<RunPlan, 'record' | 'model' | 'parameters'>,
  overflow: Overflow,
  counted: number,
): LearntFacts {
  const before = promptLimitOf(plan.record);
  const { promptTokens } = overflow;
  const isTelling = promptTokens !== undefined && counted >= fewestTelling;
  const ratio = isTelling ? counted / promptTokens : (before?.countRatio ?? 1);
  const asked = plan.parameters.maxTokens ?? plan.model.defaultMaxTokens ?? 0;
  const shown: PromptLimit = {
    windowTokens: overflow.windowTokens ?? before?.windowTokens,
    countRatio: Math.min(1, Math.max(smallestRatio, ratio)),
    promptTokens: overflow.windowTokens === undefined ? before?.promptTokens : undefined,
    // What was asked for is this turn's own.
    answerTokens: (asked === 0 ? overflow.answerTokens : undefined) ?? before?.answerTokens,
  };
  const window = shown.windowTokens ?? contextWindowOf(plan);
  const isExplained =
    budgetWithin(plan, window, shown) < counted ||
    counted + asked > window ||
    (promptTokens ?? Number.POSITIVE_INFINITY) <= window / 2;
  const isAssumed = plan.record.contextWindowSource === 'assumed' && before === undefined;
  const share = shareWithoutFigures[isAssumed ? 'assumed' : 'known'];
  // Where most of what was asked for is the answer, both get less.
  const most = asked > counted ? (counted + asked) / 2 : counted;
  const limit = isExplained
    ? shown
    : { ...shown, promptTokens: Math.max(smallestPrompt, Math.floor(most * share)) };
  rememberPromptLimit(plan.record, limit);
  const { windowTokens, ...prompts } = limit;
  return { ...(windowTokens !== undefined && { contextWindow: windowTokens }), prompts };
}

/** Whether another request may pass where `first` was too long: one with less text, or less room for the answer. */
export function isSmaller(second: ModelRequest, first: ModelRequest): boolean {
  if (lengthOf(second) < lengthOf(first)) return true;
  const [bound, before] = [second.parameters.maxTokens, first.parameters.maxTokens];
  return bound !== undefined && (before === undefined || bound < before);
}

function lengthOf({ messages }: ModelRequest): number {
  return messages.reduce((sum, message) => sum + wordsOf(message).length, 0);
}
