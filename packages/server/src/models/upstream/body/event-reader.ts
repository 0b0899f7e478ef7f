/**
 * Splits the text of a provider's answer into events. It takes server-sent events as the standard defines them
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html) and what providers and gateways make of them: one
 * newline between events, several JSON objects in one event, JSON without `data:`, an end without a blank line. So an
 * event counts as soon as its data is whole, and the end of the body ends the last one. No library is this lenient.
 */

import { parseForeignJson } from '../../../domain/text/json.ts';

export interface ProviderEvent {
  /** The `event` field; `error` also for a line of its own that is called `error:`. */
  readonly event: string | undefined;
  /** Not empty, without blanks around it. The word that ends a stream is always written `[DONE]`. */
  readonly data: string;
}

export interface EventListener {
  accept(event: ProviderEvent): void;
  /** The body is one JSON value instead of events. Called by `end()`, at most once and instead of `accept`. */
  acceptWhole(json: string): void;
}

/** An event, or a line that may become one, is longer than the reader keeps. */
export class EventTooLongError extends Error {
  override readonly name = 'EventTooLongError';
}

const longestEventCharacters = 1 << 20;
/** A body that is one JSON value holds a whole answer. */
const longestWholeCharacters = 8 << 20;
const longestWordsCharacters = 4_096;
const lineFeed = 10;
const blank = 32;
const colon = 58;
const openBrace = 123;
const openBracket = 91;
const closeBrace = 125;
const closeBracket = 93;

/** Whether the text may be the beginning of a JSON object or array. */
function startsJson(text: string): boolean {
  const code = text.charCodeAt(0);
  return code === openBrace || code === openBracket;
}

const fieldName = /^(data|event|error|id|retry)[ \t]*:/i;

/** Whether the data of an event is itself a line of a stream, which no JSON begins like. */
function isWrappedLine(data: string): boolean {
  const code = data.charCodeAt(0);
  if (code === openBrace || code === openBracket) return false;
  return code === colon || fieldName.test(data.slice(0, 24));
}

function isDoneWord(data: string): boolean {
  return data.length <= 8 && /^"?\[?done\]?"?$/i.test(data);
}

function isJson(text: string): boolean {
  try {
    parseForeignJson(text);
    return true;
  } catch {
    return false;
  }
}

/** The text from `start` to `end` without blanks around it. */
function trimmed(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && text.charCodeAt(from) <= blank) from += 1;
  while (to > from && text.charCodeAt(to - 1) <= blank) to -= 1;
  return text.slice(from, to);
}

export class EventReader {
  readonly #listener: EventListener;
  /** What the first visible character of the body says about it. */
  #body: 'unseen' | 'events' | 'json' | 'page' = 'unseen';
  /** The pieces of a line whose end has not come. */
  #line: string[] = [];
  #lineCharacters = 0;
  #endedWithCr = false;
  #name: string | undefined;
  /** The lines of data of the event that is open; empty: none is. Joining them at once would cost quadratic time. */
  #data: string[] = [];
  #dataCharacters = 0;
  /** Whether the open event's data stands without a field name. */
  #isBare = false;
  /** Whether the open event's name came in an event of its own. */
  #isWrapped = false;
  /** How long the open data was when it last proved to be no whole JSON; keeps the tries linear. */
  #triedCharacters = 0;
  #events = 0;
  #words = '';

  constructor(listener: EventListener) {
    this.#listener = listener;
  }

  /** Whether the body is one JSON value, as far as can be seen. */
  get isWhole(): boolean {
    return this.#body === 'json' && this.#events === 0;
  }

  /** Whether the body is one JSON value whose end has not come. To look costs as much as the body is long. */
  get isHalf(): boolean {
    return this.isWhole && !isJson([...this.#data, this.#line.join('')].join('\n'));
  }

  /** Whether the body is markup. Such a body is not read. */
  get isPage(): boolean {
    return this.#body === 'page';
  }

  /** Lines that belong to no event, up to a bound: what a server says that speaks no event stream. */
  get words(): string {
    return this.#words;
  }

  /** @throws EventTooLongError; what the listener throws */
  feed(chunk: string): void {
    let text = chunk;
    if (this.#endedWithCr && text !== '') {
      this.#endedWithCr = false;
      if (text.startsWith('\n')) text = text.slice(1);
    }
    if (text.includes('\r')) {
      this.#endedWithCr = text.endsWith('\r');
      text = text.replace(/\r\n?/g, '\n');
    }
    if (this.#body === 'unseen') text = this.#begin(text);
    if (text === '' || this.#body === 'page') return;
    let end = text.indexOf('\n');
    if (end >= 0 && this.#line.length > 0) {
      const line = this.#takeLine() + text.slice(0, end);
      this.#readLine(line, 0, line.length);
      text = text.slice(end + 1);
      end = text.indexOf('\n');
    }
    let start = 0;
    for (; end >= 0; end = text.indexOf('\n', start)) {
      if (text.charCodeAt(end + 1) === lineFeed && this.#readUsualEvent(text, start, end)) {
        start = end + 2;
      } else {
        this.#readLine(text, start, end);
        start = end + 1;
      }
    }
    if (start < text.length) this.#holdLine(start === 0 ? text : text.slice(start));
    if (this.#data.length > 0 && !this.#mayBeWholeBody() && this.#isComplete()) this.#dispatch();
  }

  /** The body has ended: what is complete counts, what was cut off does not. @throws what the listener throws */
  end(): void {
    if (this.#line.length > 0) {
      const line = this.#takeLine();
      this.#readLine(line, 0, line.length);
    }
    if (this.#data.length === 0) return;
    this.#triedCharacters = 0;
    if (this.#mayBeWholeBody()) this.#listener.acceptWhole(this.#takeData());
    else if (this.#name === 'error' || this.#isComplete()) this.#dispatch();
    else this.#keepWords(this.#takeData());
  }

  /** JavaScript counts the byte order mark as a blank. */
  #begin(text: string): string {
    const visible = text.trimStart();
    if (visible === '') return '';
    this.#body = visible.startsWith('<') ? 'page' : startsJson(visible) ? 'json' : 'events';
    return visible;
  }

  #holdLine(piece: string): void {
    this.#line.push(piece);
    this.#lineCharacters += piece.length;
    this.#checkLength();
  }

  #takeLine(): string {
    const line = this.#line.join('');
    this.#line = [];
    this.#lineCharacters = 0;
    return line;
  }

  /** One line of data with a blank line behind it, as nearly all events are; gives false for anything else. */
  #readUsualEvent(text: string, start: number, end: number): boolean {
    if (this.#data.length > 0 || !text.startsWith('data:', start)) return false;
    const data = trimmed(text, start + 5, end);
    if (isWrappedLine(data)) return false;
    const event = this.#name;
    this.#name = undefined;
    if (data !== '') this.#give(event, data);
    return true;
  }

  #readLine(text: string, start: number, end: number): void {
    if (start === end) {
      this.#endEvent();
      return;
    }
    switch (text.charCodeAt(start)) {
      case colon: // a comment
        return;
      case 100:
        if (!text.startsWith('data:', start)) break;
        this.#addData(trimmed(text, start + 5, end));
        return;
      case 101:
        if (!text.startsWith('event:', start)) break;
        this.#setName(trimmed(text, start + 6, end));
        return;
      case 105:
        if (!text.startsWith('id:', start)) break;
        return;
      case 114:
        if (!text.startsWith('retry:', start)) break;
        return;
    }
    this.#readOther(trimmed(text, start, end));
  }

  /** A line that the standard knows no use for. */
  #readOther(line: string): void {
    const field = /^(data|event|error)[ \t]*:/i.exec(line.slice(0, 24));
    if (line === '') {
      this.#endEvent();
    } else if (field !== null && !(this.#isBare && !this.#isComplete())) {
      const [head, name = ''] = field;
      this.#readField(name, trimmed(line, head.length, line.length));
    } else if (startsJson(line)) {
      if (this.#addData(line)) this.#isBare = true;
    } else if (this.#data.length > 0) {
      // A JSON value that is written over several lines.
      this.#extend(line);
    } else {
      this.#keepWords(line);
    }
  }

  #readField(name: string, value: string): void {
    switch (name.toLowerCase()) {
      case 'event':
        this.#setName(value);
        return;
      case 'data':
        this.#addData(value);
        return;
      case 'error':
        this.#setName('error');
        this.#addData(value);
    }
  }

  /** Gives whether the value begins an event, rather than going on with the open one. */
  #addData(value: string): boolean {
    if (value === '') {
      this.#isWrapped = false;
      return false;
    }
    if (this.#data.length > 0 && !this.#isComplete()) {
      this.#extend(value);
      return false;
    }
    if (isWrappedLine(value)) {
      this.#unwrap(value);
      return false;
    }
    if (this.#data.length > 0) this.#dispatch();
    this.#extend(value);
    return true;
  }

  /** A proxy has put each line of a stream into an event of its own: `data: event: x`, `data: data: {}`, `data: : ping`. */
  #unwrap(line: string): void {
    if (line.startsWith(':')) return;
    const [head, name = ''] = fieldName.exec(line) ?? [''];
    const value = trimmed(line, head.length, line.length);
    // What is wrapped more than once is not read.
    if (!isWrappedLine(value)) this.#readField(name, value);
    this.#isWrapped = this.#data.length === 0;
  }

  #extend(line: string): void {
    this.#data.push(line);
    this.#dataCharacters += line.length + 1;
    this.#checkLength();
  }

  #setName(name: string): void {
    if (this.#data.length > 0 && this.#isComplete()) this.#dispatch();
    this.#name = name === '' ? undefined : name.toLowerCase();
  }

  #endEvent(): void {
    if (this.#data.length === 0) {
      if (!this.#isWrapped) this.#name = undefined;
    } else if (!this.#isBare || (!this.#mayBeWholeBody() && this.#isComplete())) this.#dispatch();
  }

  /** JSON without a field name is the whole body, unless something stood before it or follows. */
  #mayBeWholeBody(): boolean {
    return this.#isBare && this.#events === 0 && this.#name === undefined;
  }

  /** Whether the open data needs no further line. */
  #isComplete(): boolean {
    const [first = ''] = this.#data;
    if (this.#data.length === 1 && isDoneWord(first)) return true;
    if (!startsJson(first) || this.#dataCharacters < 2 * this.#triedCharacters) return false;
    const last = this.#data.at(-1) ?? '';
    const code = last.charCodeAt(last.length - 1);
    if (code !== closeBrace && code !== closeBracket) return false;
    if (isJson(this.#data.join('\n'))) return true;
    this.#triedCharacters = this.#dataCharacters;
    return false;
  }

  #dispatch(): void {
    const event = this.#name;
    this.#give(event, this.#takeData());
  }

  #give(event: string | undefined, data: string): void {
    this.#events += 1;
    this.#listener.accept({ event, data: isDoneWord(data) ? '[DONE]' : data });
  }

  #takeData(): string {
    const data = this.#data.length === 1 ? (this.#data[0] ?? '') : this.#data.join('\n');
    this.#data = [];
    this.#dataCharacters = 0;
    this.#name = undefined;
    this.#isBare = false;
    this.#isWrapped = false;
    this.#triedCharacters = 0;
    return data;
  }

  #keepWords(line: string): void {
    if (this.#words.length >= longestWordsCharacters) return;
    this.#words += `${this.#words === '' ? '' : '\n'}${line.slice(0, longestWordsCharacters)}`;
  }

  #checkLength(): void {
    const bound = this.#body === 'json' ? longestWholeCharacters : longestEventCharacters;
    if (this.#lineCharacters + this.#dataCharacters > bound) {
      throw new EventTooLongError(`an event has more than ${bound} characters`);
    }
  }
}
