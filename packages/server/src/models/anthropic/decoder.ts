/**
 * Turns the events of Anthropic's Messages stream into parts.
 * Format: https://docs.anthropic.com/en/docs/build-with-claude/streaming
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

const finishReasons: ReadonlyMap<string, FinishReason> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool_calls'],
  ['refusal', 'content_filter'],
]);

interface ToolUse {
  readonly id: string;
  readonly name: string;
  input: string;
}

export class AnthropicDecoder implements WireDecoder {
  readonly #upstream: Upstream;
  #finish: FinishReason | undefined;
  #stopped = false;
  #promptTokens = -1;
  #completionTokens = -1;
  #toolUses: Map<unknown, ToolUse> | undefined;
  #toolUseCharacters = 0;

  constructor(upstream: Upstream) {
    this.#upstream = upstream;
  }

  accept(event: ProviderEvent, parts: ModelPart[]): EventMeaning {
    if (event.data === '[DONE]') {
      this.#stopped = true;
      return 'done';
    }
    const message = parseObject(event.data, this.#upstream);
    switch (message.type) {
      case 'content_block_delta':
        return this.#takeDelta(message, parts);
      case 'content_block_start':
        return this.#takeStart(message, parts);
      case 'content_block_stop':
        return this.#takeStop(message, parts);
      case 'message_start':
        if (isObject(message.message)) this.#takeUsage(message.message.usage);
        return 'silent';
      case 'message_delta': {
        this.#takeUsage(message.usage);
        const reason = isObject(message.delta) ? message.delta.stop_reason : undefined;
        if (typeof reason !== 'string') return 'silent';
        this.#finish = finishReasons.get(reason) ?? 'stop';
        return 'closing';
      }
      case 'message_stop':
        this.#stopped = true;
        return 'done';
      case 'message':
        this.acceptWhole(message, parts);
        return 'closing';
      default: {
        const failure = findFailure(message);
        if (failure !== undefined) throw errorFromFields(this.#upstream, failure);
        // The format asks to ignore `ping` and types that later versions add.
        return 'silent';
      }
    }
  }

  acceptWhole(body: Record<string, unknown>, parts: ModelPart[]): void {
    const failure = findFailure(body);
    if (failure !== undefined) throw errorFromFields(this.#upstream, failure);
    if (!Array.isArray(body.content)) throw malformed(this.#upstream, 'JSON that holds no answer');
    for (const block of body.content as readonly unknown[]) {
      if (isObject(block) && block.type === 'tool_use') {
        const { id, name, input } = block;
        const text = JSON.stringify(input ?? {});
        parts.push({ type: 'tool-call', id: String(id), name: String(name), arguments: text });
      } else {
        this.#takeStart({ content_block: block }, parts);
      }
    }
    this.#takeUsage(body.usage);
    this.#finish = finishReasons.get(String(body.stop_reason)) ?? 'stop';
  }

  end(parts: ModelPart[]): void {
    if (this.#finish === undefined && !this.#stopped) throw endedEarly(this.#upstream);
    if (this.#promptTokens >= 0 && this.#completionTokens >= 0) {
      parts.push({
        type: 'usage',
        promptTokens: this.#promptTokens,
        completionTokens: this.#completionTokens,
      });
    }
    parts.push({ type: 'finish', reason: this.#finish ?? 'stop' });
  }

  #takeDelta(message: Record<string, unknown>, parts: ModelPart[]): EventMeaning {
    const delta = message.delta;
    if (!isObject(delta)) return 'silent';
    if (delta.type === 'text_delta') return pushText('text', delta.text, parts);
    if (delta.type === 'thinking_delta') return pushText('reasoning', delta.thinking, parts);
    const tool = this.#toolUses?.get(message.index);
    if (delta.type !== 'input_json_delta' || tool === undefined) return 'silent';
    if (typeof delta.partial_json === 'string') {
      tool.input += delta.partial_json;
      this.#toolUseCharacters += delta.partial_json.length;
      if (this.#toolUseCharacters > longestToolCallCharacters) {
        throw malformed(this.#upstream, 'tool calls that are too long');
      }
    }
    return 'output';
  }

  #takeStart(message: Record<string, unknown>, parts: ModelPart[]): EventMeaning {
    const block = message.content_block;
    if (!isObject(block)) return 'silent';
    if (block.type === 'text') return pushText('text', block.text, parts);
    if (block.type === 'thinking') return pushText('reasoning', block.thinking, parts);
    if (block.type !== 'tool_use') return 'silent';
    this.#toolUses ??= new Map();
    this.#toolUses.set(message.index, { id: String(block.id), name: String(block.name), input: '' });
    return 'output';
  }

  #takeStop(message: Record<string, unknown>, parts: ModelPart[]): EventMeaning {
    const tool = this.#toolUses?.get(message.index);
    if (tool === undefined) return 'silent';
    this.#toolUses?.delete(message.index);
    // A tool without arguments sends no `input_json_delta`.
    parts.push({ type: 'tool-call', id: tool.id, name: tool.name, arguments: tool.input || '{}' });
    return 'output';
  }

  /** The figures are cumulative. Tokens that were read from or written to the cache are part of the prompt. */
  #takeUsage(usage: unknown): void {
    if (!isObject(usage)) return;
    if (typeof usage.input_tokens === 'number') {
      this.#promptTokens =
        usage.input_tokens +
        numberOr0(usage.cache_creation_input_tokens) +
        numberOr0(usage.cache_read_input_tokens);
    }
    if (typeof usage.output_tokens === 'number') this.#completionTokens = usage.output_tokens;
  }
}

function pushText(type: 'text' | 'reasoning', text: unknown, parts: ModelPart[]): EventMeaning {
  if (typeof text !== 'string' || text === '') return 'silent';
  parts.push({ type, text });
  return 'output';
}

function numberOr0(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
