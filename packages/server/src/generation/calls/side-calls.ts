/**
 * Calls of models beside the answers: titles, summaries, queries. They go to the organization's helper model, where
 * there is one, they count against the limits of the key that pays, and what a model thinks does not cut their reply.
 */
import { conversationScope } from '../../auth/scopes.ts';
import { AppError } from '../../domain/errors.ts';
import type { OrganizationSettings } from '../../domain/organization.ts';
import { storable } from '../../domain/text/storable.ts';
import type { ModelCall, ModelCallPurpose } from '../../domain/usage.ts';
import type { Limiter, Reservation } from '../../limits/limiter.ts';
import type { LanguageModel, ModelMessage } from '../../models/language-model.ts';
import { ModelError } from '../../models/model-error.ts';
import { findApiKey } from '../../store/queries/api-keys.ts';
import { findModel } from '../../store/queries/models.ts';
import { readSettings } from '../../store/queries/organization-settings.ts';
import type { Database } from '../../store/store.ts';
import { TokenEstimate } from '../context/token-estimate.ts';
import { contextWindowOf } from '../plan/context-window.ts';
import type { ModelRegistry, RunPlan } from '../plan/plan.ts';
import { type Accounting, modelCall } from './accounting.ts';
import { askModel, type Question } from './ask-model.ts';

export interface SideCallsOptions {
  readonly reads: Database;
  readonly models: ModelRegistry;
  readonly limiter: Limiter;
  readonly now: () => number;
}

/** A model that writes side calls, with its record. */
export type Writer = Pick<RunPlan, 'record' | 'model'>;

export interface SideQuestion {
  readonly purpose: Extract<ModelCallPurpose, 'title' | 'summary' | 'query'>;
  /** The generation that the call belongs to; null: to none. */
  readonly generationId: string | null;
  readonly messages: readonly ModelMessage[];
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
const bytesPerToken = 4;

/** Tokens that the prompt of a side call has to leave for thinking. */
export function thinkingTokens(writer: Pick<Writer, 'record'>): number {
  return Math.min(maxThinkingTokens, Math.floor(contextWindowOf(writer) * thinkingShare));
}

/** Tokens that reply and thinking may have together. */
function boundOf(writer: Writer, { messages, replyTokens }: SideQuestion): number {
  const estimate = new TokenEstimate(writer.model);
  const window = contextWindowOf(writer);
  let room = Math.floor(window * (1 - spareShare)) - replyTokens;
  for (const { text } of messages) room -= estimate.ofMessage(text);
  const bound = replyTokens + Math.max(0, Math.min(maxThinkingTokens, room));
  return Math.min(bound, writer.record.maxOutputTokens ?? bound);
}

export class SideCalls {
  readonly #options: SideCallsOptions;
  /** Models whose servers refused to answer without reasoning. */
  readonly #mustReason = new WeakSet<LanguageModel>();

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
   * @throws AppError rate_limited (the key's tokens are spent), ModelError, the signal's reason
   */
  async ask(writer: Writer, accounting: Accounting, question: SideQuestion): Promise<string> {
    const reservation = await this.#reserve(accounting, question);
    let spent = 0;
    const onSpent: Question['onSpent'] = (usage, isFailed) => {
      spent += usage.total_tokens;
      const { purpose, generationId } = question;
      const at = this.#options.now();
      const spentCall = { purpose, generationId, model: writer.record, usage, isFailed, at };
      question.onCall(modelCall(accounting, spentCall));
    };
    try {
      const reply = await this.#askOnce(writer, question, onSpent);
      return storable(reply.slice(0, charactersPerToken * question.replyTokens));
    } finally {
      reservation?.settle(spent);
    }
  }

  async #askOnce(writer: Writer, question: SideQuestion, onSpent: Question['onSpent']): Promise<string> {
    const { model } = writer;
    const { messages, temperature, signal, isEnough } = question;
    const maxTokens = boundOf(writer, question);
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

  async #reserve(accounting: Accounting, question: SideQuestion): Promise<Reservation | undefined> {
    const { organizationId, environment, apiKeyId } = accounting;
    if (apiKeyId === null) return undefined;
    const scope = conversationScope(organizationId, environment);
    const key = await findApiKey(this.#options.reads, scope, apiKeyId);
    if (key === undefined) throw new AppError('rate_limited', 'the key was revoked');
    if (key.limits.tokens_per_minute === undefined && key.limits.tokens_per_day === undefined)
      return undefined;
    let bytes = 0;
    for (const { text } of question.messages) bytes += Buffer.byteLength(text);
    const estimate = Math.ceil(bytes / bytesPerToken) + question.replyTokens;
    return this.#options.limiter.reserveTokens(apiKeyId, key.limits, estimate);
  }
}

/** Whether a server did not take the request as it was. */
function isRefused(error: unknown): boolean {
  return error instanceof ModelError && (error.status === 400 || error.status === 422);
}

/** Whether a side call was not made, because what the key may use is spent. */
export function isSpent(error: unknown): boolean {
  return error instanceof AppError && error.code === 'rate_limited';
}
