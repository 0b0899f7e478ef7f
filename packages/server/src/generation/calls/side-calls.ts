/**
 * Calls of models beside the answers: titles, summaries, queries. They go to the organization's helper model, where
 * there is one, they count against the limits of the key that pays, and what a model thinks does not cut their reply.
 */
import { conversationScope } from '../../auth/scopes.ts';
import { AppError } from '../../domain/errors.ts';
import type { SubjectLimits } from '../../domain/limits/limits.ts';
import type { OrganizationSettings } from '../../domain/organization.ts';
import { storable } from '../../domain/text/storable.ts';
import type { ModelCall, ModelCallPurpose } from '../../domain/usage.ts';
import type { Limiter, Taken } from '../../limits/limiter.ts';
import type { StoredLimits } from '../../limits/stored-limits.ts';
import type { LanguageModel, ModelMessage } from '../../models/language-model.ts';
import { ModelError } from '../../models/model-error.ts';
import type { Overflow } from '../../models/refusals/overflow.ts';
import { findModel } from '../../store/queries/models.ts';
import { readSettings } from '../../store/queries/organization-settings.ts';
import type { Database } from '../../store/store.ts';
import { countPrompt, isOverflow, learnFromOverflow } from '../context/overflow.ts';
import { contextWindowOf, tokensPerMessage } from '../plan/context-window.ts';
import type { ModelRegistry, RunPlan } from '../plan/plan.ts';
import { promptLimitOf } from '../plan/prompt-limits.ts';
import { type Accounting, modelCall } from './accounting.ts';
import { askModel, type Question } from './ask-model.ts';
import { bytesPerToken, costOfTokens, fewestBytesPerToken } from './call-bounds.ts';
import type { Learn } from './learning.ts';
import { readPayerLimits } from './payer-limits.ts';

export interface SideCallsOptions {
  readonly reads: Database;
  readonly models: ModelRegistry;
  /** Whose limits hold for a call. Default: those that are stored. @throws AppError rate_limited, where none may be made any more */
  readonly limitsOf?: (accounting: Accounting) => Promise<readonly SubjectLimits[]>;
  readonly limiter: Limiter;
  readonly storedLimits: Pick<StoredLimits, 'reserveCall' | 'release'>;
  /** Keeps with a model what a call has shown. */
  readonly learn: Learn;
  /** The process incarnation that asks. @throws AppError overloaded, between two of them */
  readonly owner: () => number;
  readonly now: () => number;
}

/** A model that writes side calls, with its record. */
export type Writer = Pick<RunPlan, 'record' | 'model'>;

export interface SideQuestion {
  readonly purpose: Extract<ModelCallPurpose, 'title' | 'summary' | 'query'>;
  /** The generation that the call belongs to; null: to none. */
  readonly generationId: string | null;
  readonly messages: readonly ModelMessage[];
  /** The messages anew, after the model's window has turned out smaller. Absent: they stay as they are. */
  fitAnew?(): readonly ModelMessage[];
  /** Tokens of the reply at most; what the model thinks before it is not counted. */
  readonly replyTokens: number;
  readonly temperature?: number;
  readonly signal: AbortSignal;
  /** Whether the reply so far suffices; the call is then broken off. */
  isEnough?(text: string): boolean;
  /** Called with each call of a model that was made, also with one that failed. */
  onCall(call: ModelCall): void;
}

/** Tokens that a model may think before its reply, and the share of its context window that prompts leave for it. */
const maxThinkingTokens = 4096;
const thinkingShare = 0.125;
/** Share of the context window that is not used, since tokens are estimated. */
const spareShare = 0.05;
/** No usual text has more characters to a token. */
const charactersPerToken = 6;

/** Tokens, counted here, that prompt and reply of a side call may take together. */
export function usableWindow(writer: Pick<Writer, 'record'>): number {
  const limit = promptLimitOf(writer.record);
  const window = Math.floor(contextWindowOf(writer) * (limit?.countRatio ?? 1));
  return Math.min(window, 2 * (limit?.promptTokens ?? window));
}

/** Tokens that the prompt of a side call has to leave for thinking. */
export function thinkingTokens(writer: Pick<Writer, 'record'>): number {
  return Math.min(maxThinkingTokens, Math.floor(usableWindow(writer) * thinkingShare));
}

/** Tokens that are left for thinking beside prompt and reply; less than 0 where these alone are too much. */
function roomOf(writer: Writer, { messages, replyTokens }: SideQuestion): number {
  return (
    Math.floor(usableWindow(writer) * (1 - spareShare)) - replyTokens - countPrompt(writer, { messages })
  );
}

export class SideCalls {
  readonly #options: SideCallsOptions;
  /** Models whose servers refused to answer without reasoning. */
  readonly #mustReason = new WeakSet<LanguageModel>();
  /** Models whose servers refused a prompt as too long, without a figure, when there was room to think. */
  readonly #hasNoRoom = new WeakSet<LanguageModel>();

  constructor(options: SideCallsOptions) {
    this.#options = options;
  }

  settings({ organizationId, environment }: Accounting): Promise<OrganizationSettings> {
    return readSettings(this.#options.reads, conversationScope(organizationId, environment));
  }

  /** The organization's helper model, or where it has none that can be used, the conversation's own. */
  async writer(plan: Writer, accounting: Accounting, settings: OrganizationSettings): Promise<Writer> {
    const { reads, models } = this.#options;
    const { helperModelId } = settings;
    if (helperModelId === null || helperModelId === plan.record.id) return plan;
    const scope = conversationScope(accounting.organizationId, accounting.environment);
    const record = await findModel(reads, scope, helperModelId);
    if (record === undefined || !record.isActive) return plan;
    try {
      const model = models.get(record);
      return model.followsPrompts ? { record, model } : plan;
    } catch (error) {
      if (error instanceof AppError) return plan;
      throw error;
    }
  }

  /**
   * Gives the model's reply, at most some characters longer than asked for.
   * @throws AppError rate_limited or quota_exhausted (what may be used is spent), ModelError, the signal's reason
   */
  async ask(writer: Writer, accounting: Accounting, question: SideQuestion): Promise<string> {
    const { taken, reservationId } = await this.#reserve(writer, accounting, question);
    let spent = 0;
    let isAccounted = false;
    const onSpent: Question['onSpent'] = ({ usage, isFailed, times }) => {
      spent += usage.total_tokens;
      isAccounted = true;
      const { purpose, generationId } = question;
      const at = this.#options.now();
      const purposeOfCall = { purpose, generationId, model: writer.record, reservationId };
      question.onCall(modelCall(accounting, { ...purposeOfCall, usage, isFailed, times, at }));
    };
    try {
      const reply = await this.#askFitting(writer, question, onSpent);
      return storable(reply.slice(0, charactersPerToken * question.replyTokens));
    } finally {
      taken?.end(spent);
      // A call that was made gives its reservation back when it is stored.
      if (reservationId !== undefined && !isAccounted)
        await this.#options.storedLimits.release(reservationId);
    }
  }

  /** A prompt that is too long is made anew, and asked once more. */
  async #askFitting(writer: Writer, question: SideQuestion, onSpent: Question['onSpent']): Promise<string> {
    try {
      return await this.#askOnce(writer, question, onSpent);
    } catch (error) {
      const shorter = isOverflow(error) ? this.#shorten(writer, question, error.overflow ?? {}) : undefined;
      if (shorter === undefined) throw error;
      return this.#askOnce(writer, shorter, onSpent);
    }
  }

  /** Learns of a prompt that was too long, and gives one that may not be; undefined: there is none. */
  #shorten(writer: Writer, question: SideQuestion, overflow: Overflow): SideQuestion | undefined {
    const { record, model } = writer;
    const maxTokens = this.#boundOf(writer, question);
    const isNamed = overflow.windowTokens !== undefined || overflow.promptTokens !== undefined;
    if (!isNamed && maxTokens > question.replyTokens) {
      // What was too much is more likely the room for thinking than a prompt as short as these.
      this.#hasNoRoom.add(model);
      return question;
    }
    const counted = countPrompt(writer, question);
    this.#options.learn(
      record,
      learnFromOverflow({ record, model, parameters: { maxTokens } }, overflow, counted),
    );
    const anew = { ...question, messages: question.fitAnew?.() ?? question.messages };
    const isShorter = countPrompt(writer, anew) < counted;
    const isLess = isShorter || this.#boundOf(writer, anew) < maxTokens;
    return isLess && roomOf(writer, anew) >= 0 ? anew : undefined;
  }

  /** Tokens that reply and thinking may have together. */
  #boundOf(writer: Writer, question: SideQuestion): number {
    const { record, model } = writer;
    const room = this.#hasNoRoom.has(model) ? 0 : roomOf(writer, question);
    const bound = question.replyTokens + Math.max(0, Math.min(maxThinkingTokens, room));
    return Math.min(bound, record.maxOutputTokens ?? bound);
  }

  async #askOnce(writer: Writer, question: SideQuestion, onSpent: Question['onSpent']): Promise<string> {
    const { model } = writer;
    const { messages, temperature, signal, isEnough } = question;
    const maxTokens = this.#boundOf(writer, question);
    const request = {
      messages,
      parameters: { maxTokens, ...(temperature === undefined ? {} : { temperature }) },
      // A model that does not mark where its thinking begins marks only where it ends.
      maxTextLength: charactersPerToken * maxTokens,
      signal,
      onSpent,
      ...(isEnough === undefined ? {} : { isEnough }),
    };
    if (model.skipsReasoning !== true || this.#mustReason.has(model)) return askModel(model, request);
    try {
      return await askModel(model, { ...request, withoutReasoning: true });
    } catch (error) {
      if (!isRefused(error)) throw error;
      const reply = await askModel(model, request);
      this.#mustReason.add(model);
      return reply;
    }
  }

  async #reserve(
    writer: Writer,
    accounting: Accounting,
    question: SideQuestion,
  ): Promise<{ readonly taken?: Taken; readonly reservationId?: string | undefined }> {
    const { reads, limiter, storedLimits, owner } = this.#options;
    const { limitsOf = (paid: Accounting) => readPayerLimits(reads, paid) } = this.#options;
    const limits = await limitsOf(accounting);
    if (limits.length === 0) return {};
    let bytes = 0;
    for (const { text } of question.messages) bytes += Buffer.byteLength(text);
    const estimate = Math.ceil(bytes / bytesPerToken) + question.replyTokens;
    const taken = await limiter.take(limits, { tokens_per_minute: estimate });
    try {
      const promptTokens =
        Math.ceil(bytes / fewestBytesPerToken) + tokensPerMessage * question.messages.length;
      const answerTokens = this.#boundOf(writer, question);
      const { organizationId } = accounting;
      const { generationId } = question;
      const cost = costOfTokens(writer.record, promptTokens, answerTokens);
      const reservationId = await storedLimits.reserveCall(
        { organizationId, generationId, owner: owner() },
        limits,
        { tokens: promptTokens + answerTokens, cost },
      );
      return { taken, reservationId };
    } catch (error) {
      taken.refund();
      throw error;
    }
  }
}

/** Whether a server did not take the request as it was. */
function isRefused(error: unknown): boolean {
  return error instanceof ModelError && (error.status === 400 || error.status === 422) && !isOverflow(error);
}

/** Whether a side call was not made, because what may be used is spent. */
export function isSpent(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'rate_limited' || error.code === 'quota_exhausted');
}
