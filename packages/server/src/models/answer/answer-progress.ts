/** What both wire formats keep of an answer under way: whether the model spoke, how it ended, and its figures. */
import type { FinishReason } from '../../domain/generation.ts';
import type { UsageDetails } from '../../domain/usage.ts';
import type { ModelPart } from '../language-model.ts';
import { ModelError } from '../model-error.ts';
import { endedEarly, type Upstream } from '../upstream/upstream-error.ts';
import { finishMeaning, shownReason } from './finish-reason.ts';
import type { TokenFigures } from './token-figures.ts';

/** What a decoder needs to know of the call whose response it reads. */
export interface DecoderContext {
  readonly upstream: Upstream;
  /** Called with a finish reason that the table does not have, after an answer that counts as done all the same. */
  onUnknownReason(reason: string): void;
}

type UsagePart = Extract<ModelPart, { type: 'usage' }>;

export class AnswerProgress {
  readonly #context: DecoderContext;
  #spoke = false;
  #saidText = false;
  #reason: FinishReason | undefined;
  #unknownReason: string | undefined;
  #isComplete = false;
  #isCut = false;
  #prompt: number | undefined;
  #completion: number | undefined;
  #details: UsageDetails = {};
  /** The usage that was delivered last, and where. */
  #usage: UsagePart | undefined;
  #usageParts: readonly ModelPart[] | undefined;
  #usagePlace = 0;

  constructor(context: DecoderContext) {
    this.#context = context;
  }

  /** Whether a finish reason has come, or another sign that the answer is whole. */
  get isOver(): boolean {
    return this.#isComplete || this.#reason !== undefined || this.#unknownReason !== undefined;
  }

  /** Notes what was said in `parts` since it had `before` parts, and tells whether it was anything. */
  note(parts: readonly ModelPart[], before: number): boolean {
    let said = false;
    for (let i = before; i < parts.length; i++) {
      const type = parts[i]?.type;
      if (type === 'usage') continue;
      said = true;
      if (type !== 'reasoning') this.#saidText = true;
    }
    if (said) this.#spoke = true;
    return said;
  }

  /** The model said something of which no part is whole yet. */
  noteOutput(): void {
    this.#spoke = true;
    this.#saidText = true;
  }

  /**
   * Takes a finish reason, and tells whether it is one. The last one counts.
   * @throws ModelError where it says that the provider gave up
   */
  takeReason(said: unknown): boolean {
    const meaning = finishMeaning(said);
    switch (meaning) {
      case 'none':
        return false;
      case 'error':
        throw gaveUp(this.#context.upstream, String(said));
      case 'unknown':
        this.#unknownReason = String(said);
        return true;
      default:
        if (!this.#isCut) this.#reason = meaning;
        return true;
    }
  }

  /** The response said that it is whole, whether or not it gave a reason. */
  complete(): void {
    this.#isComplete = true;
  }

  /** Ends the answer here because it is longer than what is taken. */
  cutShort(): void {
    this.#isCut = true;
    this.#reason = 'length';
  }

  /** Takes figures that are cumulative: later ones replace earlier ones, but a zero replaces nothing. */
  takeFigures({ prompt, completion, details }: TokenFigures): void {
    if (prompt) this.#prompt = prompt;
    if (details !== undefined) this.#details = { ...this.#details, ...details };
    if (completion || this.#completion === undefined) this.#completion = completion ?? this.#completion;
  }

  /**
   * Delivers the figures so far where they are new, once the model has spoken: a call that has delivered something is
   * not repeated. In a batch that nobody took they replace those before, so that no part changes its place.
   */
  deliverUsage(parts: ModelPart[]): void {
    if (this.#spoke) this.#appendUsage(parts);
  }

  /** Appends `usage` and `finish`. @throws ModelError where the answer broke off */
  end(parts: ModelPart[]): void {
    if (!this.isOver) throw endedEarly(this.#context.upstream);
    const reason = this.#reason ?? this.#readUnknown();
    this.#appendUsage(parts);
    parts.push({ type: 'finish', reason });
  }

  #readUnknown(): FinishReason {
    if (this.#unknownReason === undefined) return 'stop';
    if (!this.#saidText) throw gaveUp(this.#context.upstream, this.#unknownReason);
    this.#context.onUnknownReason(shownReason(this.#unknownReason));
    return 'stop';
  }

  #appendUsage(parts: ModelPart[]): void {
    const promptTokens = this.#prompt;
    if (promptTokens === undefined) return;
    // An answer that was spoken has cost something: the zero means that the provider does not count.
    const completionTokens = this.#completion === 0 && this.#spoke ? undefined : this.#completion;
    const last = this.#usage;
    const usage: UsagePart = {
      type: 'usage',
      promptTokens,
      ...(completionTokens !== undefined && { completionTokens }),
      ...(Object.keys(this.#details).length > 0 && { details: this.#details }),
    };
    if (last !== undefined && isSame(last, usage)) return;
    const isThere = last !== undefined && parts === this.#usageParts && parts[this.#usagePlace] === last;
    if (!isThere) this.#usagePlace = parts.length;
    this.#usageParts = parts;
    this.#usage = usage;
    parts[this.#usagePlace] = usage;
  }
}

function isSame(one: UsagePart, other: UsagePart): boolean {
  return (
    one.promptTokens === other.promptTokens &&
    one.completionTokens === other.completionTokens &&
    one.details?.cached_tokens === other.details?.cached_tokens &&
    one.details?.cache_write_tokens === other.details?.cache_write_tokens &&
    one.details?.reasoning_tokens === other.details?.reasoning_tokens
  );
}

function gaveUp({ provider }: Upstream, reason: string): ModelError {
  return new ModelError('provider_error', `the provider ${provider} ended its answer`, {
    said: shownReason(reason),
    retryable: true,
    words: { message: '', code: shownReason(reason) },
  });
}
