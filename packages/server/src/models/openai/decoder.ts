/**
 * Turns chat completion chunks, and whole completions, into parts.
 * Format: https://platform.openai.com/docs/api-reference/chat-streaming
 */
import { AnswerProgress, type DecoderContext } from '../answer/answer-progress.ts';
import type { ModelPart } from '../language-model.ts';
import { findFailure } from '../upstream/error-words.ts';
import { errorFromFields, isObject, malformed, type Upstream } from '../upstream/upstream-error.ts';
import {
  type EventMeaning,
  type ProviderEvent,
  parseObject,
  type WireDecoder,
} from '../upstream/wire-decoder.ts';
import { takeContent, takeMessage } from './content.ts';
import { ToolCallDeltas } from './tool-call-deltas.ts';
import { findUsage, readUsage } from './usage.ts';

export class OpenAiDecoder implements WireDecoder {
  readonly #upstream: Upstream;
  readonly #progress: AnswerProgress;
  #toolCalls: ToolCallDeltas | undefined;
  /** The index of the choice that is read; the others are left out. */
  #choice: unknown;
  /** Whether a `delta` has said something, so that a `message` only repeats it. */
  #hasDeltas = false;
  /** Whether the chunk that is being read has deltas of tool calls. */
  #calls = false;

  constructor(context: DecoderContext) {
    this.#upstream = context.upstream;
    this.#progress = new AnswerProgress(context);
  }

  accept(event: ProviderEvent, parts: ModelPart[]): EventMeaning {
    if (event.data === '[DONE]') {
      this.#progress.complete();
      return 'done';
    }
    const chunk = parseObject(event.data, this.#upstream);
    const failure = findFailure(chunk);
    if (failure !== undefined) this.#fail(failure, chunk, parts);
    return this.#takeChunk(chunk, parts);
  }

  acceptWhole(body: Record<string, unknown>, parts: ModelPart[]): void {
    const failure = findFailure(body);
    if (failure !== undefined) this.#fail(failure, body, parts);
    if (!choicesOf(body).some(isObject)) throw malformed(this.#upstream, 'JSON that holds no answer');
    this.#takeChunk(body, parts);
    this.#progress.complete();
  }

  end(parts: ModelPart[]): void {
    if (this.#progress.isOver) this.#toolCalls?.deliver(parts);
    this.#progress.end(parts);
  }

  /** What stands beside the report of a failure was said before it. @throws ModelError */
  #fail(failure: unknown, chunk: Record<string, unknown>, parts: ModelPart[]): never {
    const choice = this.#findChoice(choicesOf(chunk));
    const before = parts.length;
    if (choice !== undefined) this.#takeWords(choice, parts);
    this.#progress.note(parts, before);
    this.#takeUsage(findUsage(chunk, choice), parts);
    throw errorFromFields(this.#upstream, failure);
  }

  #takeChunk(chunk: Record<string, unknown>, parts: ModelPart[]): EventMeaning {
    const choice = this.#findChoice(choicesOf(chunk));
    try {
      const meaning = choice === undefined ? 'silent' : this.#takeChoice(choice, parts);
      // Some gateways give the reason beside the choices.
      if (meaning === 'done' || chunk.finish_reason === undefined) return meaning;
      return this.#progress.takeReason(chunk.finish_reason) ? 'closing' : meaning;
    } finally {
      this.#takeUsage(findUsage(chunk, choice), parts);
    }
  }

  #takeUsage(usage: Record<string, unknown> | undefined, parts: ModelPart[]): void {
    if (usage !== undefined) this.#progress.takeFigures(readUsage(usage));
    // A figure of the prompt may come before the first word.
    this.#progress.deliverUsage(parts);
  }

  /** Servers send several choices together, or in chunks of their own. The first one that comes is the answer. */
  #findChoice(choices: readonly unknown[]): Record<string, unknown> | undefined {
    for (const choice of choices) {
      if (!isObject(choice)) continue;
      const index = choice.index ?? 0;
      this.#choice ??= index;
      if (index === this.#choice) return choice;
    }
    return undefined;
  }

  #takeChoice(choice: Record<string, unknown>, parts: ModelPart[]): EventMeaning {
    const before = parts.length;
    this.#calls = false;
    const isWhole = this.#takeWords(choice, parts);
    if (this.#calls) this.#progress.noteOutput();
    const spoke = this.#progress.note(parts, before) || this.#calls;
    if (!isWhole) {
      this.#progress.cutShort();
      return 'done';
    }
    if (this.#progress.takeReason(choice.finish_reason)) return 'closing';
    return spoke ? 'output' : 'silent';
  }

  /** Gives false where the answer has more tool calls than are taken. */
  #takeWords(choice: Record<string, unknown>, parts: ModelPart[]): boolean {
    const { delta, message } = choice;
    const before = parts.length;
    let isWhole = true;
    if (isObject(delta)) isWhole = this.#takeDelta(delta, parts);
    else takeContent(delta, 'text', parts);
    if (parts.length > before || this.#calls) this.#hasDeltas = true;
    // Perplexity and MiniMax repeat the answer so far in `message`; others have only that.
    if (isObject(message) && !this.#hasDeltas) isWhole = this.#takeDelta(message, parts);
    // The older Completions format, also with fields of the newer one that say nothing.
    if (!this.#hasDeltas && parts.length === before) takeContent(choice.text, 'text', parts);
    return isWhole;
  }

  #takeDelta(delta: Record<string, unknown>, parts: ModelPart[]): boolean {
    takeMessage(delta, parts);
    const { tool_calls: calls, function_call: legacy } = delta;
    if (Array.isArray(calls) && calls.length > 0) {
      this.#toolCalls ??= new ToolCallDeltas(this.#upstream);
      this.#calls = true;
      for (const call of calls) if (!this.#toolCalls.take(call)) return false;
    } else if (isObject(legacy)) {
      this.#toolCalls ??= new ToolCallDeltas(this.#upstream);
      this.#calls = true;
      return this.#toolCalls.takeLegacy(legacy);
    }
    return true;
  }
}

/** Some servers that never give several choices give an object in place of the list. */
function choicesOf({ choices }: Record<string, unknown>): readonly unknown[] {
  return Array.isArray(choices) ? choices : isObject(choices) ? [choices] : [];
}
