/** Folds the events of a log into the message that they tell. */
import type { LogEvent } from '../../domain/event.ts';
import type { MessagePart } from '../../domain/message.ts';

type OpenPart =
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string }
  | { type: 'tool-call'; id: string; name: string; arguments: string };

/** Deltas that are joined at once: a string that grows by each of them costs several times its length. */
const piecesAtOnce = 64;

/** The message that a log tells so far. */
export interface BuiltMessage {
  /** The kind of the part that is being written. */
  readonly openKind: OpenPart['type'] | undefined;
  readonly hasSources: boolean;
  /** Whether it calls tools. */
  readonly hasCalls: boolean;
  /** Whether research had begun, with its end or without. */
  readonly hasResearchStatus: boolean;
  /** Its parts, those without a text left out. */
  parts(): readonly MessagePart[];
  /** The answer's plain text: its text parts, one after the other. */
  text(): string;
  /** All that the model wrote, reasoning and tool calls too: what an estimate of its tokens is made of. */
  everything(): string;
}

export class MessageBuilder implements BuiltMessage {
  #parts: (MessagePart | OpenPart)[] = [];
  #open: OpenPart | undefined;
  /** The newest deltas of the open part. */
  #pieces: string[] = [];
  hasResearchStatus = false;

  apply(event: LogEvent): void {
    if (typeof event === 'string') {
      if (this.#open !== undefined && this.#pieces.push(event) >= piecesAtOnce) this.#join();
      return;
    }
    if (event.type === 'part-started') {
      this.#join();
      const part: OpenPart =
        event.kind === 'tool-call'
          ? { type: 'tool-call', id: event.id ?? '', name: event.name ?? '', arguments: '' }
          : { type: event.kind, text: '' };
      this.#open = part;
      this.#parts.push(part);
    } else if (event.type === 'part-finished') {
      this.#join();
      if (event.kind !== undefined && this.#open?.type === 'text') this.#turnToReasoning(this.#open);
      this.#open = undefined;
    } else if (event.type === 'sources') {
      const { sources, notice } = event;
      this.#parts.push({ type: 'sources', sources, ...(notice === undefined ? {} : { notice }) });
    } else if (event.type === 'status') {
      this.hasResearchStatus = true;
    }
  }

  #join(): void {
    const open = this.#open;
    if (open === undefined || this.#pieces.length === 0) return;
    const text = this.#pieces.join('');
    this.#pieces = [];
    if (open.type === 'tool-call') open.arguments += text;
    else open.text += text;
  }

  #turnToReasoning(part: Extract<OpenPart, { type: 'text' }>): void {
    this.#parts[this.#parts.lastIndexOf(part)] = { type: 'reasoning', text: part.text };
  }

  get openKind(): OpenPart['type'] | undefined {
    return this.#open?.type;
  }

  get hasCalls(): boolean {
    return this.#parts.some((part) => part.type === 'tool-call');
  }

  get hasSources(): boolean {
    return this.#parts.some((part) => part.type === 'sources');
  }

  parts(): readonly MessagePart[] {
    this.#join();
    return this.#parts.filter((part) => !('text' in part) || part.text !== '');
  }

  text(): string {
    this.#join();
    let text = '';
    for (const part of this.#parts) if (part.type === 'text') text += part.text;
    return text;
  }

  everything(): string {
    this.#join();
    let text = '';
    for (const part of this.#parts) {
      if (part.type === 'text' || part.type === 'reasoning') text += part.text;
      else if (part.type === 'tool-call') text += part.name + part.arguments;
    }
    return text;
  }
}
