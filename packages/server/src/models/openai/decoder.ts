/**
 * Turns chat completion chunks into parts.
 * Format: https://platform.openai.com/docs/api-reference/chat-streaming. Reasoning is read as DeepSeek, vLLM and
 * OpenRouter send it (`reasoning_content`, `reasoning`), and as Mistral does (content as a list with `thinking`).
 */
import type { FinishReason } from '../../domain/generation.ts';
import type { ModelPart } from '../language-model.ts';
import { findFailure } from '../upstream/error-words.ts';
import {
  endedEarly,
  errorFromFields,
  isObject,
  malformed,
  type Upstream,
} from '../upstream/upstream-error.ts';
import {
  type EventMeaning,
  longestToolCallCharacters,
  type ProviderEvent,
  parseObject,
  type WireDecoder,
} from '../upstream/wire-decoder.ts';

interface ToolCall {
  readonly index: unknown;
  id: string;
  name: string;
  arguments: string;
}

const finishReasons: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['model_length', 'length'],
  ['tool_calls', 'tool_calls'],
  ['function_call', 'tool_calls'],
  ['content_filter', 'content_filter'],
]);

export class OpenAiDecoder implements WireDecoder {
  readonly #upstream: Upstream;
  #finish: FinishReason | undefined;
  #sawDone = false;
  #promptTokens = -1;
  #completionTokens = -1;
  #toolCalls: ToolCall[] | undefined;
  #toolCallCharacters = 0;

  constructor(upstream: Upstream) {
    this.#upstream = upstream;
  }

  accept(event: ProviderEvent, parts: ModelPart[]): EventMeaning {
    if (event.data === '[DONE]') {
      this.#sawDone = true;
      return 'done';
    }
    const chunk = parseObject(event.data, this.#upstream);
    const failure = findFailure(chunk);
    if (failure !== undefined) throw errorFromFields(this.#upstream, failure);
    if (event.event === 'error') throw errorFromFields(this.#upstream, chunk);
    if (isObject(chunk.usage)) this.#takeUsage(chunk.usage);
    const choice: unknown = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
    if (!isObject(choice)) return 'silent';
    const delta = choice.delta;
    const spoke = isObject(delta) && this.#takeDelta(delta, parts);
    const reason = choice.finish_reason;
    if (typeof reason === 'string' && reason !== '') {
      if (reason === 'error') throw errorFromFields(this.#upstream, 'the generation failed');
      this.#finish = finishReasons.get(reason) ?? 'stop';
      return 'closing';
    }
    return spoke ? 'output' : 'silent';
  }

  acceptWhole(body: Record<string, unknown>, parts: ModelPart[]): void {
    const failure = findFailure(body);
    if (failure !== undefined) throw errorFromFields(this.#upstream, failure);
    const choice: unknown = Array.isArray(body.choices) ? body.choices[0] : undefined;
    if (!isObject(choice) || !isObject(choice.message)) {
      throw malformed(this.#upstream, 'JSON that holds no answer');
    }
    if (isObject(body.usage)) this.#takeUsage(body.usage);
    this.#takeDelta(choice.message, parts);
    this.#finish = finishReasons.get(String(choice.finish_reason)) ?? 'stop';
  }

  end(parts: ModelPart[]): void {
    if (this.#finish === undefined && !this.#sawDone) throw endedEarly(this.#upstream);
    for (const call of this.#toolCalls ?? []) {
      parts.push({ type: 'tool-call', id: call.id, name: call.name, arguments: call.arguments || '{}' });
    }
    if (this.#promptTokens >= 0 && this.#completionTokens >= 0) {
      parts.push({
        type: 'usage',
        promptTokens: this.#promptTokens,
        completionTokens: this.#completionTokens,
      });
    }
    parts.push({ type: 'finish', reason: this.#finish ?? 'stop' });
  }

  #takeDelta(delta: Record<string, unknown>, parts: ModelPart[]): boolean {
    const before = parts.length;
    const reasoning = delta.reasoning_content ?? delta.reasoning;
    if (typeof reasoning === 'string' && reasoning !== '') parts.push({ type: 'reasoning', text: reasoning });
    const content = delta.content;
    if (typeof content === 'string') {
      if (content !== '') parts.push({ type: 'text', text: content });
    } else if (Array.isArray(content)) {
      takeContentList(content, 'text', parts);
    }
    const refusal = delta.refusal;
    if (typeof refusal === 'string' && refusal !== '') parts.push({ type: 'text', text: refusal });
    const calls = delta.tool_calls;
    if (Array.isArray(calls) && calls.length > 0) {
      for (const call of calls) this.#takeToolCall(call);
      return true;
    }
    return parts.length > before;
  }

  /**
   * Deltas of a call share its `index`, and only the first one has the id. Servers that leave the index out, or repeat
   * it (Google), send each call whole, with an id of its own.
   */
  #takeToolCall(delta: unknown): void {
    if (!isObject(delta)) return;
    const id = typeof delta.id === 'string' ? delta.id : '';
    const definition = isObject(delta.function) ? delta.function : {};
    const name = typeof definition.name === 'string' ? definition.name : '';
    const text = typeof definition.arguments === 'string' ? definition.arguments : '';
    this.#toolCallCharacters += id.length + name.length + text.length + 1;
    if (this.#toolCallCharacters > longestToolCallCharacters) {
      throw malformed(this.#upstream, 'tool calls that are too long');
    }
    this.#toolCalls ??= [];
    let call = this.#toolCalls.findLast((known) => known.index === delta.index);
    if (call === undefined || (id !== '' && call.id !== '' && id !== call.id)) {
      call = { index: delta.index, id, name, arguments: '' };
      this.#toolCalls.push(call);
    }
    call.id ||= id;
    call.name ||= name;
    call.arguments += text;
  }

  #takeUsage(usage: Record<string, unknown>): void {
    if (typeof usage.prompt_tokens !== 'number') return;
    this.#promptTokens = usage.prompt_tokens;
    // Some servers leave the field out where nothing was generated.
    this.#completionTokens = typeof usage.completion_tokens === 'number' ? usage.completion_tokens : 0;
  }
}

function takeContentList(list: readonly unknown[], type: 'text' | 'reasoning', parts: ModelPart[]): void {
  for (const item of list) {
    if (!isObject(item)) continue;
    if (Array.isArray(item.thinking)) takeContentList(item.thinking, 'reasoning', parts);
    else if (typeof item.text === 'string' && item.text !== '') parts.push({ type, text: item.text });
  }
}
