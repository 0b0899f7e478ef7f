/**
 * One HTTP exchange with a provider: bytes → text → events → parts. It uses undici's dispatch interface, which is
 * below `request` and saves a Readable with its promises for each stream.
 */
import { StringDecoder } from 'node:string_decoder';
import {
  createParser,
  type EventSourceMessage,
  type EventSourceParser,
  type ParseError,
} from 'eventsource-parser';
import type { Dispatcher } from 'undici';
import type { ModelPart } from '../language-model.ts';
import { ModelError } from '../model-error.ts';
import {
  endedEarly,
  errorFromStatus,
  errorFromTransport,
  errorFromUnexpectedBody,
  malformed,
  type Upstream,
} from './upstream-error.ts';
import type { EventMeaning, WireDecoder } from './wire-decoder.ts';

const longestEventCharacters = 1 << 20;
const longestErrorBodyBytes = 16_384;
/** How long a response may take to end after its last event before its socket is closed, in milliseconds. */
const drainMs = 1_000;
/** While more bytes than this wait for a consumer, the socket is not read. */
const pauseAtBytes = 256 * 1024;

export interface AttemptRequest extends Upstream {
  readonly dispatcher: Dispatcher;
  readonly origin: string;
  readonly path: string;
  /** Names and values alternating. */
  readonly headers: readonly string[];
}

/** Methods are called synchronously; the last call is `attemptCompleted` or `attemptFailed`, at most one of them. */
export interface AttemptListener {
  attemptConnected(): void;
  /** The response is no event stream; its body is being read for the reason. */
  attemptRefused(): void;
  /** The model said something; `closing` means that it has finished. */
  attemptProgressed(meaning: EventMeaning): void;
  /** `batch` has parts. */
  attemptDelivered(): void;
  attemptCompleted(): void;
  attemptFailed(error: ModelError): void;
}

export class UpstreamAttempt implements Dispatcher.DispatchHandler {
  /** Parts that were not taken yet. */
  batch: ModelPart[] = [];
  readonly #request: AttemptRequest;
  readonly #listener: AttemptListener;
  readonly #decoder: WireDecoder;
  #parser: EventSourceParser | undefined;
  #utf8: StringDecoder | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #over = false;
  #responseEnded = false;
  #waitingBytes = 0;
  #meaning: EventMeaning = 'silent';
  #tooLong = false;
  #status = 0;
  #headers: Readonly<Record<string, string | string[] | undefined>> = {};
  #errorBody: Buffer[] | undefined;
  #errorBodyBytes = 0;
  #drainTimer: NodeJS.Timeout | undefined;

  constructor(request: AttemptRequest, listener: AttemptListener, decoder: WireDecoder) {
    this.#request = request;
    this.#listener = listener;
    this.#decoder = decoder;
  }

  start(body: string): void {
    const { dispatcher, origin, path, headers } = this.#request;
    dispatcher.dispatch({ origin, path, method: 'POST', headers: headers as string[], body }, this);
  }

  /** Ends the exchange and closes its socket; the listener is not called afterwards. */
  abort(): void {
    this.#over = true;
    clearTimeout(this.#drainTimer);
    this.#controller?.abort(new Error('the model call is over'));
  }

  /** Whether reading from the socket is paused until `take()` is called. */
  get paused(): boolean {
    return this.#controller?.paused === true;
  }

  /** Returns the parts that have arrived, and resumes reading. */
  take(): ModelPart[] {
    const parts = this.batch;
    this.batch = [];
    this.#waitingBytes = 0;
    if (this.#controller?.paused === true) this.#controller.resume();
    return parts;
  }

  /** Treats the response as if it had ended here. */
  conclude(): void {
    if (this.#errorBody === undefined) this.#complete();
    else this.#failFromBody();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Error('the model call is over'));
    else this.#listener.attemptConnected();
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (this.#over || status < 200) return;
    this.#status = status;
    this.#headers = headers;
    const type = this.#contentType();
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      this.#fail(
        malformed(this.#request, `a compressed answer (${String(encoding)}), which was not asked for`),
      );
    } else if (status !== 200 || type.includes('json') || type.includes('html')) {
      this.#errorBody = [];
      this.#listener.attemptRefused();
    } else {
      this.#utf8 = new StringDecoder('utf8');
      this.#parser = createParser({
        onEvent: (event) => this.#accept(event),
        onError: (error: ParseError) => {
          if (error.type === 'max-buffer-size-exceeded') this.#tooLong = true;
        },
        maxBufferSize: longestEventCharacters,
      });
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    if (this.#errorBody !== undefined) {
      this.#collectErrorBody(chunk);
      return;
    }
    this.#meaning = 'silent';
    try {
      this.#parser?.feed(this.#utf8?.write(chunk) ?? '');
      if (this.#tooLong) throw malformed(this.#request, 'an event that is too long');
    } catch (error) {
      this.#fail(this.#asModelError(error));
      return;
    }
    const meaning = this.#meaning as EventMeaning;
    if (meaning === 'done') {
      this.#complete();
      return;
    }
    if (meaning !== 'silent') this.#listener.attemptProgressed(meaning);
    if (this.batch.length === 0) return;
    this.#waitingBytes += chunk.length;
    this.#listener.attemptDelivered();
    if (this.batch.length > 0 && this.#waitingBytes > pauseAtBytes && !this.#over) controller.pause();
  }

  onResponseEnd(): void {
    this.#responseEnded = true;
    clearTimeout(this.#drainTimer);
    if (this.#over) return;
    this.conclude();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    clearTimeout(this.#drainTimer);
    if (this.#over) return;
    if (this.#errorBody !== undefined) this.#failFromBody();
    else
      this.#fail(this.#status === 0 ? errorFromTransport(this.#request, error) : endedEarly(this.#request));
  }

  #accept(event: EventSourceMessage): void {
    if (this.#meaning === 'done') return;
    const meaning = this.#decoder.accept(event, this.batch);
    if (meaning !== 'silent' && this.#meaning !== 'closing') this.#meaning = meaning;
    else if (meaning === 'done') this.#meaning = meaning;
  }

  #complete(): void {
    try {
      this.#decoder.end(this.batch);
    } catch (error) {
      this.#fail(this.#asModelError(error));
      return;
    }
    this.#over = true;
    if (!this.#responseEnded) {
      this.#drainTimer = setTimeout(() => this.#controller?.abort(new Error('the answer is over')), drainMs);
    }
    this.#listener.attemptDelivered();
    this.#listener.attemptCompleted();
  }

  #fail(error: ModelError): void {
    this.abort();
    this.#listener.attemptFailed(error);
  }

  #collectErrorBody(chunk: Buffer): void {
    this.#errorBody?.push(chunk);
    this.#errorBodyBytes += chunk.length;
    if (this.#errorBodyBytes >= longestErrorBodyBytes) this.#failFromBody();
  }

  #failFromBody(): void {
    const body = Buffer.concat(this.#errorBody ?? []).toString('utf8');
    this.#fail(
      this.#status === 200
        ? errorFromUnexpectedBody(this.#request, this.#contentType(), body)
        : errorFromStatus(this.#request, this.#status, this.#headers, body),
    );
  }

  #contentType(): string {
    const type = this.#headers['content-type'];
    return typeof type === 'string' ? type.toLowerCase() : '';
  }

  #asModelError(error: unknown): ModelError {
    return error instanceof ModelError
      ? error
      : malformed(this.#request, 'an event that cannot be read', error);
  }
}
