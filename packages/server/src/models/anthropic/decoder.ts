/**
 * Turns the events of Anthropic's Messages stream, and whole messages, into parts.
 * Format: https://docs.anthropic.com/en/docs/build-with-claude/streaming
 */
import { AnswerProgress, type DecoderContext } from '../answer/answer-progress.ts';
import { argumentsText, type ToolCall, ToolCalls } from '../answer/tool-calls.ts';
import type { ModelPart } from '../language-model.ts';
import { findFailure } from '../upstream/error-words.ts';
import { errorFromFields, isObject, malformed, type Upstream } from '../upstream/upstream-error.ts';
import {
  type EventMeaning,
  type ProviderEvent,
  parseObject,
  type WireDecoder,
} from '../upstream/wire-decoder.ts';
import { AnthropicUsage } from './usage.ts';

interface ToolUse {
  readonly call: ToolCall;
  /** What the block began with; used where no deltas follow. */
  readonly input: string;
}

export class AnthropicDecoder implements WireDecoder {
  readonly #upstream: Upstream;
  readonly #progress: AnswerProgress;
  readonly #usage = new AnthropicUsage();
  readonly #calls: ToolCalls;
  /** The tool uses under way, by the index of their block. */
  readonly #toolUses = new Map<unknown, ToolUse>();
  /** A message that began with content; gateways that do not stream give all of it there, and some repeat it as blocks. */
  #begun: Record<string, unknown> | undefined;

  constructor(context: DecoderContext) {
    this.#upstream = context.upstream;
    this.#progress = new AnswerProgress(context);
    this.#calls = new ToolCalls(context.upstream);
  }

  accept(event: ProviderEvent, parts: ModelPart[]): EventMeaning {
    if (event.data === '[DONE]') {
      // Gateways end their streams as OpenAI does.
      this.#progress.complete();
      return 'done';
    }
    const message = parseObject(event.data, this.#upstream);
    const before = parts.length;
    const meaning = this.#read(message, message.type ?? event.event, parts);
    this.#progress.note(parts, before);
    // The prompt's figure comes before the first word.
    if (meaning !== 'silent') this.#progress.deliverUsage(parts);
    return meaning;
  }

  acceptWhole(body: Record<string, unknown>, parts: ModelPart[]): void {
    this.#failWith(body);
    const { content } = body;
    if (typeof content !== 'string' && !Array.isArray(content)) {
      throw malformed(this.#upstream, 'JSON that holds no answer');
    }
    this.#takeWhole(body, parts);
    this.#progress.complete();
  }

  end(parts: ModelPart[]): void {
    // Some servers leave out the end of a block.
    if (this.#progress.isOver) {
      for (const use of this.#toolUses.values()) this.#deliver(use, parts);
      if (this.#begun !== undefined) this.#takeWhole(this.#begun, parts);
    }
    this.#progress.end(parts);
  }

  #read(message: Record<string, unknown>, type: unknown, parts: ModelPart[]): EventMeaning {
    // A gateway that fails may keep the type of the event that it would have sent.
    if (message.error !== undefined) this.#failWith({ error: message.error });
    switch (type) {
      case 'content_block_delta':
        return this.#takeDelta(message, parts);
      case 'content_block_start':
        this.#begun = undefined;
        return this.#takeStart(message, parts);
      case 'content_block_stop':
        return this.#takeStop(message, parts);
      case 'message_start':
        if (isObject(message.message)) this.#begin(message.message);
        return 'silent';
      case 'message_delta':
        this.#progress.takeFigures(this.#usage.take(message.usage));
        this.#progress.deliverUsage(parts);
        return isObject(message.delta) && this.#progress.takeReason(message.delta.stop_reason)
          ? 'closing'
          : 'silent';
      case 'message_stop':
        this.#progress.complete();
        return 'done';
      case 'message':
        this.acceptWhole(message, parts);
        return 'closing';
      default:
        this.#failWith(message);
        // The format asks to ignore `ping` and types that later versions add.
        return 'silent';
    }
  }

  /** @throws ModelError where the object reports a failure */
  #failWith(body: Record<string, unknown>): void {
    const failure = findFailure(body);
    if (failure !== undefined) throw errorFromFields(this.#upstream, failure);
  }

  /** The output figure of a message that begins is that of its first token. */
  #begin(message: Record<string, unknown>): void {
    this.#progress.takeFigures({ ...this.#usage.take(message.usage), completion: undefined });
    if (Array.isArray(message.content) && message.content.length > 0) this.#begun = message;
  }

  #takeWhole({ content, stop_reason, usage }: Record<string, unknown>, parts: ModelPart[]): void {
    const before = parts.length;
    const blocks: readonly unknown[] = Array.isArray(content) ? content : [{ type: 'text', text: content }];
    for (const block of blocks) {
      if (this.#takeBlock(block, parts)) continue;
      this.#progress.cutShort();
      break;
    }
    this.#progress.note(parts, before);
    this.#progress.takeFigures(this.#usage.take(usage));
    this.#progress.deliverUsage(parts);
    this.#progress.takeReason(stop_reason);
  }

  #takeDelta(message: Record<string, unknown>, parts: ModelPart[]): EventMeaning {
    this.#begun = undefined;
    const delta = message.delta;
    if (!isObject(delta)) return 'silent';
    if (typeof delta.text === 'string') return pushText('text', delta.text, parts);
    if (typeof delta.thinking === 'string') return pushText('reasoning', delta.thinking, parts);
    const use = this.#toolUses.get(message.index);
    if (typeof delta.partial_json !== 'string' || use === undefined) return 'silent';
    this.#calls.extend(use.call, delta.partial_json);
    this.#progress.noteOutput();
    return 'output';
  }

  #takeStart(message: Record<string, unknown>, parts: ModelPart[]): EventMeaning {
    const block = message.content_block;
    if (!isObject(block)) return 'silent';
    if (block.type === 'text') return pushText('text', block.text, parts);
    if (block.type === 'thinking') return pushText('reasoning', block.thinking, parts);
    if (block.type !== 'tool_use') return 'silent';
    const use = this.#beginUse(block);
    this.#progress.noteOutput();
    if (use === undefined) {
      this.#progress.cutShort();
      return 'done';
    }
    this.#toolUses.set(message.index, use);
    return 'output';
  }

  #takeStop(message: Record<string, unknown>, parts: ModelPart[]): EventMeaning {
    const use = this.#toolUses.get(message.index);
    if (use === undefined) return 'silent';
    this.#toolUses.delete(message.index);
    this.#deliver(use, parts);
    return 'output';
  }

  /** Appends a whole block; false where the answer has more tool calls than are taken. */
  #takeBlock(block: unknown, parts: ModelPart[]): boolean {
    if (!isObject(block)) return true;
    if (block.type === 'thinking') pushText('reasoning', block.thinking, parts);
    else if (block.type === 'tool_use') {
      const use = this.#beginUse(block);
      if (use === undefined) return false;
      this.#deliver(use, parts);
    } else if (block.type === 'text' || block.type === undefined) pushText('text', block.text, parts);
    return true;
  }

  #beginUse(block: Record<string, unknown>): ToolUse | undefined {
    const { id, name, input } = block;
    const call = this.#calls.begin(typeof id === 'string' ? id : '', typeof name === 'string' ? name : '');
    return call === undefined ? undefined : { call, input: argumentsText(input) };
  }

  #deliver({ call, input }: ToolUse, parts: ModelPart[]): void {
    if (call.arguments === '') this.#calls.extend(call, input);
    this.#calls.deliver(call, parts);
  }
}

function pushText(type: 'text' | 'reasoning', text: unknown, parts: ModelPart[]): EventMeaning {
  if (typeof text !== 'string' || text === '') return 'silent';
  parts.push({ type, text });
  return 'output';
}
