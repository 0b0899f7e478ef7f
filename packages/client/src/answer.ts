/** One answer: read it as events, as often as you like, or await it whole. */
import { ColloquyError } from './errors.ts';
import { events as eventsFormat } from './events.ts';
import { asConnectionError, call, type Settings } from './http.ts';
import { follow, type Position, type StreamOptions } from './stream.ts';
import type { AnswerEvent, AnswerResult, Generation, SessionEvent, Source, ToolCall } from './types.ts';

export type AnswerStatus =
  | 'idle'
  | 'connecting'
  | 'queued'
  | 'streaming'
  | 'reconnecting'
  | 'done'
  | 'failed';

export interface AnswerOptions {
  /** Ends the watching, not the answer: the server goes on, and `resume` reads what it wrote. */
  readonly signal?: AbortSignal | undefined;
  /** How many tries in a row may bring no event. Default 20. */
  readonly maxRetries?: number | undefined;
  /** The connection is lost, and will be made again after `delayMs`. */
  readonly onReconnect?: StreamOptions['onReconnect'];
}

/**
 * Nothing is asked of the server before the first `for await`, `await` or `start()`. Events are kept, so several readers, and
 * late ones, get all of them; the server is read as fast as the fastest of them reads.
 */
export class Answer implements AsyncIterable<AnswerEvent>, PromiseLike<AnswerResult> {
  readonly #settings: Settings;
  readonly #position: Position;
  readonly #options: AnswerOptions;
  readonly #events: AnswerEvent[] = [];
  #generationId: string | undefined;
  #session: SessionEvent | undefined;
  #text = '';
  #status: AnswerStatus = 'idle';
  /** The connection that is read; undefined while nobody reads. */
  #source: { readonly iterator: AsyncIterator<AnswerEvent>; readonly end: AbortController } | undefined;
  #reading: Promise<void> | undefined;
  #readers = 0;
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;
  #result: Promise<AnswerResult> | undefined;
  #whenConnected: () => void = () => undefined;
  readonly #connected: Promise<void> = new Promise((resolve) => {
    this.#whenConnected = resolve;
  });

  /** Made by `Colloquy`'s calls. */
  constructor(
    settings: Settings,
    position: Position,
    generationId: string | undefined,
    options: AnswerOptions,
  ) {
    this.#settings = settings;
    this.#position = position;
    this.#generationId = generationId;
    this.#options = options;
  }

  /** What has come of the text so far. */
  get text(): string {
    return this.#text;
  }

  get status(): AnswerStatus {
    return this.#status;
  }

  /** Where `resume` may go on, in another process too; undefined: nothing has come. */
  get lastEventId(): string | undefined {
    return this.#position.lastEventId;
  }

  /** Known from the first sign of the server on. */
  get generationId(): string | undefined {
    return this.#generationId ?? this.#position.path?.split('/')[3];
  }

  /** The first event, once it has come. */
  get session(): SessionEvent | undefined {
    return this.#session;
  }

  /** Starts reading without a reader. */
  start(): this {
    this.#whole().catch(() => undefined);
    return this;
  }

  /** The model stops, and what it has written stays; the answer then ends with `finishReason: 'cancelled'`. */
  async stop(): Promise<Generation> {
    if (this.generationId === undefined) {
      this.start();
      // Where nothing streams, the first event comes with the last one; the connection tells earlier.
      while (this.generationId === undefined && !this.#isOver)
        await Promise.race([this.#more(), this.#connected]);
    }
    if (this.generationId === undefined) throw this.#failure?.error;
    const path = `/api/generations/${this.generationId}/cancel`;
    return call<Generation>(this.#settings, { method: 'POST', path });
  }

  // biome-ignore lint/suspicious/noThenProperty: an answer can be awaited.
  then<Result = AnswerResult, Failure = never>(
    onResult?: ((result: AnswerResult) => Result | PromiseLike<Result>) | null,
    onFailure?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Result | Failure> {
    return this.#whole().then(onResult, onFailure);
  }

  /** As a promise's. */
  catch<Failure = never>(
    onFailure?: ((error: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<AnswerResult | Failure> {
    return this.#whole().catch(onFailure);
  }

  /** As a promise's. */
  finally(onEnd?: (() => void) | null): Promise<AnswerResult> {
    return this.#whole().finally(onEnd);
  }

  /** Leaving the loop stops the watching if nobody else reads; the answer goes on at the server. */
  async *[Symbol.asyncIterator](): AsyncGenerator<AnswerEvent, void, undefined> {
    this.#readers += 1;
    try {
      for (let next = 0; ; ) {
        const event = this.#events[next];
        if (event !== undefined) {
          next += 1;
          yield event;
        } else if (this.#failure !== undefined) {
          throw this.#failure.error;
        } else if (this.#isOver) {
          return;
        } else {
          await this.#more();
        }
      }
    } finally {
      this.#readers -= 1;
      if (this.#readers === 0 && !this.#isOver) this.#leave();
    }
  }

  #whole(): Promise<AnswerResult> {
    this.#result ??= this.#readWhole();
    return this.#result;
  }

  async #readWhole(): Promise<AnswerResult> {
    let reasoning = '';
    let sources: readonly Source[] = [];
    const calls = new Map<string, { id: string; name: string; arguments: string }>();
    for await (const event of this) {
      if (event.type === 'reasoning') reasoning += event.text;
      if (event.type === 'sources') sources = event.sources;
      if (event.type === 'toolCall')
        calls.set(event.callId, { id: event.callId, name: event.name, arguments: '' });
      const open = event.type === 'toolCallDelta' ? calls.get(event.callId) : undefined;
      if (open !== undefined && event.type === 'toolCallDelta') open.arguments += event.text;
      if (event.type === 'done') {
        const { finishReason, usage, cost } = event;
        const toolCalls: readonly ToolCall[] = [...calls.values()];
        const ids = await this.#ids();
        return { text: this.#text, reasoning, toolCalls, sources, finishReason, usage, cost, ...ids };
      }
    }
    return await this.#ended(reasoning, sources, [...calls.values()]);
  }

  /** Of an answer that is read on from behind its last event. */
  async #ended(
    reasoning: string,
    sources: readonly Source[],
    toolCalls: readonly ToolCall[],
  ): Promise<AnswerResult> {
    const { error, finishReason, usage } = await this.#generation();
    if (error !== null) throw new ColloquyError(error.code as ColloquyError['code'], error.message);
    if (finishReason === null || usage === null) throw new ColloquyError('internal', 'the answer has no end');
    return {
      text: this.#text,
      reasoning,
      toolCalls,
      sources,
      finishReason,
      usage,
      cost: null,
      ...(await this.#ids()),
    };
  }

  async #ids() {
    const { generationId, sessionId, conversationId, messageId } = this.#session ?? {
      ...(await this.#generation()),
      generationId: this.generationId ?? '',
    };
    return { generationId, sessionId, conversationId, messageId };
  }

  #generation(): Promise<Generation> {
    const path = `/api/generations/${this.generationId}`;
    return call<Generation>(this.#settings, { method: 'GET', path });
  }

  /** Resolves once there is another event, or the end. All readers wait for the same one. */
  #more(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { signal } = this.#options;
    try {
      signal?.throwIfAborted();
      this.#source ??= this.#open();
      const { iterator } = this.#source;
      const { done, value } = await iterator.next();
      if (done === true) this.#end('done');
      else this.#take(value);
    } catch (error) {
      // The connection of a reader that has left; whoever reads now makes another one.
      if (signal?.aborted !== true && this.#source?.end.signal.aborted === true) {
        this.#source = undefined;
        return;
      }
      this.#failure = { error: signal?.aborted === true ? signal.reason : asConnectionError(error) };
      this.#end('failed');
    }
  }

  #open(): { readonly iterator: AsyncIterator<AnswerEvent>; readonly end: AbortController } {
    const { signal, maxRetries = 20, onReconnect } = this.#options;
    const end = new AbortController();
    const stop = (): void => end.abort(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    end.signal.addEventListener('abort', () => signal?.removeEventListener('abort', stop));
    this.#status = 'connecting';
    const events = follow(this.#settings, eventsFormat, this.#position, {
      signal: end.signal,
      maxRetries,
      onConnect: this.#whenConnected,
      onReconnect: (info) => {
        this.#status = 'reconnecting';
        onReconnect?.(info);
      },
    });
    return { iterator: events, end };
  }

  #take(event: AnswerEvent): void {
    this.#events.push(event);
    this.#status = event.type === 'queued' ? 'queued' : 'streaming';
    if (event.type === 'session') {
      this.#session = event;
      this.#generationId = event.generationId;
    }
    if (event.type === 'text') this.#text += event.text;
    if (event.type === 'done') this.#end('done');
  }

  #end(status: 'done' | 'failed'): void {
    this.#isOver = true;
    this.#status = status;
    this.#leave();
  }

  #leave(): void {
    const source = this.#source;
    if (source === undefined) return;
    if (this.#reading === undefined || this.#isOver) this.#source = undefined;
    source.end.abort();
    void source.iterator.return?.().catch(() => undefined);
    if (!this.#isOver) this.#status = 'idle';
  }
}
