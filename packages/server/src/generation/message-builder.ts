/** Folds the events of a log into the message that they tell. */
import type { LogEvent } from '../domain/event.ts';
import type { MessagePart } from '../domain/message.ts';

type OpenPart =
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string }
  | { type: 'tool-call'; id: string; name: string; arguments: string };

export class MessageBuilder {
  #parts: (MessagePart | OpenPart)[] = [];
  #open: OpenPart | undefined;

  apply(event: LogEvent): void {
    if (typeof event === 'string') {
      const open = this.#open;
      if (open === undefined) return;
      if (open.type === 'tool-call') open.arguments += event;
      else open.text += event;
      return;
    }
    if (event.type === 'part-started') {
      const part: OpenPart =
        event.kind === 'tool-call'
          ? { type: 'tool-call', id: event.id ?? '', name: event.name ?? '', arguments: '' }
          : { type: event.kind, text: '' };
      this.#open = part;
      this.#parts.push(part);
    } else if (event.type === 'part-finished') {
      this.#open = undefined;
    } else if (event.type === 'sources') {
      const { sources, notice } = event;
      this.#parts.push({ type: 'sources', sources, ...(notice === undefined ? {} : { notice }) });
    }
  }

  get openKind(): OpenPart['type'] | undefined {
    return this.#open?.type;
  }

  get hasSources(): boolean {
    return this.#parts.some((part) => part.type === 'sources');
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  parts(): readonly MessagePart[] {
    return this.#parts.filter((part) => !('text' in part) || part.text !== '');
  }

  /** The answer's plain text: its text parts, one after the other. */
  text(): string {
    let text = '';
    for (const part of this.#parts) if (part.type === 'text') text += part.text;
    return text;
  }

  /** All that the model wrote, reasoning and tool calls too: what an estimate of its tokens is made of. */
  everything(): string {
    let text = '';
    for (const part of this.#parts) {
      if (part.type === 'text' || part.type === 'reasoning') text += part.text;
      else if (part.type === 'tool-call') text += part.name + part.arguments;
    }
    return text;
  }
}
