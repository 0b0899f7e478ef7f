/** The branch of a session that is shown, and the versions beside its messages. */
import type { MessagePage } from '../types.ts';
import { fromHistory } from './messages.ts';
import type { ChatMessage } from './types.ts';

export class Thread {
  /** Oldest first. Replaced, never changed. */
  messages: readonly ChatMessage[] = [];
  /** `before` of the page before; null: there is none. */
  next: string | null = null;
  /** Whether what is shown ends before the branch does, which goes on to `leaf`. */
  hasLater = false;
  leaf: string | null = null;

  /** By id or key. */
  find(id: string): ChatMessage | undefined {
    return this.messages.findLast((message) => message.id === id || message.key === id);
  }

  /** The last message that the server has. */
  get last(): ChatMessage | undefined {
    return this.messages.findLast(isStored);
  }

  add(...messages: readonly ChatMessage[]): void {
    this.messages = [...this.messages, ...messages];
  }

  /** Behind what the server has, and before what is still being sent; nothing where the end is not shown. */
  addStored(...messages: readonly ChatMessage[]): void {
    if (!this.hasLater) this.#insert(messages);
  }

  #insert(messages: readonly ChatMessage[]): void {
    const place = this.messages.findLastIndex(isStored) + 1;
    this.messages = [...this.messages.slice(0, place), ...messages, ...this.messages.slice(place)];
  }

  remove(key: string): void {
    this.messages = this.messages.filter((message) => message.key !== key);
  }

  /** Puts a message where the one with its key is; nothing, where there is none. */
  replace(message: ChatMessage): void {
    const index = this.messages.findLastIndex(({ key }) => key === message.key);
    if (index === -1 || this.messages[index] === message) return;
    const messages = [...this.messages];
    messages[index] = message;
    this.messages = messages;
  }

  /** What stood before a message, and then these. */
  cutAt({ key }: ChatMessage, ...messages: readonly ChatMessage[]): void {
    const index = this.messages.findIndex((message) => message.key === key);
    const before = index === -1 ? this.messages : this.messages.slice(0, index);
    this.messages = [...before, ...messages];
    this.hasLater = false;
  }

  /** A page that comes before what is shown. */
  prepend({ messages, siblings, next }: MessagePage): void {
    const earlier = messages.map((message) => fromHistory(message, siblings[message.id], undefined));
    this.messages = [...earlier, ...this.messages];
    this.next = next;
  }

  /** A page that comes behind what is shown. */
  append({ messages, siblings, hasMoreAfter }: MessagePage): void {
    this.#insert(messages.map((message) => fromHistory(message, siblings[message.id], undefined)));
    this.hasLater = hasMoreAfter;
  }

  /** A part of a branch, or its end. What comes before it stays where it is shown already, and so does what was not sent yet. */
  show(newest: readonly ChatMessage[], next: string | null): void {
    const [first] = newest;
    const index = first === undefined ? -1 : this.messages.findIndex(({ id }) => id === first.id);
    const earlier = index === -1 ? [] : this.messages.slice(0, index).filter(isStored);
    if (earlier.length === 0) this.next = next;
    const shown = this.#withUnsent([...earlier, ...newest]);
    const isOther = (message: ChatMessage, at: number): boolean => message !== this.messages[at];
    if (shown.length !== this.messages.length || shown.some(isOther)) this.messages = shown;
  }

  /** What was not sent stands where it stood: before what was said after it, else at the end. */
  #withUnsent(stored: readonly ChatMessage[]): ChatMessage[] {
    const shown = [...stored];
    for (const [index, message] of this.messages.entries()) {
      if (isStored(message)) continue;
      const later = new Set(this.messages.slice(index + 1).map(({ key }) => key));
      const place = shown.findIndex(({ key }) => later.has(key));
      shown.splice(place === -1 ? shown.length : place, 0, message);
    }
    return shown;
  }
}

/** Whether the server has a message. */
function isStored({ status }: ChatMessage): boolean {
  return status !== 'sending' && status !== 'unsent';
}
