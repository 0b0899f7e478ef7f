/**
 * What a response says of an answer: its text goes to the events, each event to the wire format, and the parts that come
 * out of it into a batch. It keeps what each piece of the body meant.
 */
import { parseForeignJson } from '../../domain/text/json.ts';
import type { ModelPart } from '../language-model.ts';
import { ModelError } from '../model-error.ts';
import { type EventListener, EventReader } from './body/event-reader.ts';
import { isForeignEvent } from './body/foreign-event.ts';
import {
  errorFromFields,
  errorFromUnexpectedBody,
  isObject,
  malformed,
  type Upstream,
} from './upstream-error.ts';
import type { ProviderEvent, WireDecoder } from './wire-decoder.ts';

export class AnswerBody implements EventListener {
  /** Parts that were not taken yet. */
  batch: ModelPart[] = [];
  /** Whether a part other than figures has come. */
  hasSpoken = false;
  /** Whether the last piece says something. */
  hasOutput = false;
  /** Whether the last piece has a finish reason. */
  hasFinish = false;
  /** Whether the last piece says something behind a finish reason. */
  wentOn = false;
  /** Whether a finish reason has come, behind which nothing can fail the answer. */
  isClosing = false;
  /** Whether the answer has said that nothing follows. */
  isDone = false;
  /** The failure that an event reports which may be none of the format. */
  suspect: ModelError | undefined;
  readonly #upstream: Upstream;
  readonly #decoder: WireDecoder;
  readonly #contentType: () => string;
  readonly #events: EventReader;

  constructor(upstream: Upstream, decoder: WireDecoder, contentType: () => string) {
    this.#upstream = upstream;
    this.#decoder = decoder;
    this.#contentType = contentType;
    this.#events = new EventReader(this);
  }

  /** Whether the body is markup. Such a body is not read. */
  get isPage(): boolean {
    return this.#events.isPage;
  }

  /** Whether the body is one JSON value, as far as can be seen. */
  get isWhole(): boolean {
    return this.#events.isWhole;
  }

  /** Whether the body is one JSON value whose end has not come. */
  get isHalf(): boolean {
    return this.#events.isHalf;
  }

  /** What the server says outside of any event. */
  get words(): string {
    return this.#events.words;
  }

  /** Reads a piece of the body. @throws ModelError, EventTooLongError */
  feed(text: string): void {
    this.hasOutput = false;
    this.hasFinish = false;
    this.wentOn = false;
    const before = this.batch.length;
    try {
      this.#events.feed(text);
    } finally {
      if (this.#noteSaying(before)) this.hasOutput = true;
    }
  }

  /** The body has ended with `text`. @throws ModelError, EventTooLongError */
  end(text: string): void {
    const before = this.batch.length;
    try {
      this.#events.feed(text);
      this.#events.end();
    } finally {
      this.#noteSaying(before);
    }
  }

  /** Takes what the wire format gives at an answer's end. @throws ModelError where it broke off */
  complete(): void {
    const before = this.batch.length;
    this.#decoder.end(this.batch);
    this.#noteSaying(before);
  }

  /** The answer has failed: takes what was held back of it. */
  breakOff(): void {
    this.#decoder.breakOff?.(this.batch);
    this.#noteSaying(0);
  }

  /** @throws ModelError */
  accept(event: ProviderEvent): void {
    if (this.isDone) return;
    try {
      if (event.event === 'error') throw errorFromFields(this.#upstream, event.data);
      const before = this.batch.length;
      const meaning = this.#decoder.accept(event, this.batch);
      if (this.isClosing && (meaning === 'output' || hasSaying(this.batch, before))) this.wentOn = true;
      if (meaning === 'output') this.hasOutput = true;
      else if (meaning === 'closing') {
        this.hasFinish = true;
        this.isClosing = true;
      } else if (meaning === 'done') this.isDone = true;
    } catch (error) {
      if (this.isClosing) return;
      if (!isForeignEvent(event)) throw error;
      this.suspect ??=
        error instanceof ModelError
          ? error
          : malformed(this.#upstream, 'an event that cannot be read', error);
    }
  }

  /** The whole body, which is one JSON value. @throws ModelError */
  acceptWhole(json: string): void {
    let body: unknown;
    try {
      body = parseForeignJson(json);
    } catch {
      throw errorFromUnexpectedBody(this.#upstream, this.#contentType(), json);
    }
    const answer: unknown = Array.isArray(body) ? body.find(isObject) : body;
    if (!isObject(answer)) throw errorFromUnexpectedBody(this.#upstream, this.#contentType(), json);
    this.#decoder.acceptWhole(answer, this.batch);
    this.isClosing = true;
  }

  #noteSaying(before: number): boolean {
    const says = hasSaying(this.batch, before);
    if (says) this.hasSpoken = true;
    return says;
  }
}

/** Whether one of the parts from place `from` on is part of the answer, rather than about it. */
function hasSaying(parts: readonly ModelPart[], from: number): boolean {
  for (let place = from; place < parts.length; place += 1) {
    const type = parts[place]?.type;
    if (type !== 'usage' && type !== 'finish') return true;
  }
  return false;
}
