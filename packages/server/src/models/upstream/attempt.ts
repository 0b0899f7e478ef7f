/**
 * One HTTP exchange with a provider: bytes → text → events → parts. It uses undici's dispatch interface, which is
 * below `request` and saves a Readable with its promises for each stream.
 */
import { StringDecoder } from 'node:string_decoder';
import type { Dispatcher } from 'undici';
import { loopTurn } from '../../concurrency/loop-turn.ts';
import type { ModelPart } from '../language-model.ts';
import { ModelError } from '../model-error.ts';
import { AnswerBody } from './answer-body.ts';
import { type ContentDecoder, createContentDecoder } from './body/content-decoder.ts';
import { EventTooLongError } from './body/event-reader.ts';
import { redirectTarget } from './redirect.ts';
import {
  endedEarly,
  errorFromRedirect,
  errorFromStatus,
  errorFromTransport,
  errorFromUnexpectedBody,
  malformed,
  saidNothing,
  type Upstream,
} from './upstream-error.ts';
import type { WireDecoder } from './wire-decoder.ts';

const longestErrorBodyBytes = 65_536;
/** How long a response may take to end after its last event before its socket is closed, in milliseconds. */
const drainMs = 1_000;
/** While more bytes than this wait for a consumer, the socket is not read. */
const pauseAtBytes = 256 * 1024;
/** Of more bytes than this, some milliseconds of decoding, the rest is read in a later turn of the event loop. */
const bytesInTurn = 16 * 1024;

export interface AttemptRequest extends Upstream {
  readonly dispatcher: Dispatcher;
  readonly origin: string;
  readonly path: string;
  /** Names and values alternating. */
  readonly headers: readonly string[];
}

/** Methods are called synchronously; the last call is one of `attemptCompleted`, `attemptFailed`, `attemptRedirected`. */
export interface AttemptListener {
  attemptConnected(): void;
  /** Bytes came; they may be a sign of life only. */
  attemptAlive(): void;
  /** The response is no event stream; its body is being read. */
  attemptRefused(): void;
  /** The model said something (`output`), or gave a finish reason with or without a word (`closing`). */
  attemptProgressed(meaning: 'output' | 'closing'): void;
  /** `batch` may be taken. */
  attemptDelivered(): void;
  attemptCompleted(): void;
  attemptFailed(error: ModelError): void;
  /** The same request is to be made at another path of the same origin. */
  attemptRedirected(path: string): void;
}

export class UpstreamAttempt implements Dispatcher.DispatchHandler {
  readonly #request: AttemptRequest;
  readonly #listener: AttemptListener;
  readonly #mayBeEmpty: boolean;
  readonly #body: AnswerBody;
  readonly #utf8 = new StringDecoder('utf8');
  /** Whether bytes of the body have come. */
  #hasBody = false;
  #content: ContentDecoder | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #over = false;
  #responseEnded = false;
  #waitingBytes = 0;
  /** Bytes that were read since the last wait for a turn of the event loop. */
  #turnBytes = 0;
  #awaitsTurn = false;
  /** The rest of a chunk that is read in later turns. */
  #held: Buffer | undefined;
  #transportError: Error | undefined;
  #status = 0;
  #headers: Readonly<Record<string, string | string[] | undefined>> = {};
  /** The text of a response that is no answer. */
  #refusal: string | undefined;
  #drainTimer: NodeJS.Timeout | undefined;
  readonly #resume = (): void => {
    if (this.#held !== undefined && this.#mayRead()) this.#readPiece(this.#held);
    if (this.#mayRead()) this.#controller?.resume();
  };

  /** @param mayBeEmpty whether an answer that ends in order without a word is no failure */
  constructor(request: AttemptRequest, listener: AttemptListener, decoder: WireDecoder, mayBeEmpty: boolean) {
    this.#request = request;
    this.#listener = listener;
    this.#mayBeEmpty = mayBeEmpty;
    this.#body = new AnswerBody(request, decoder, () => this.#contentType());
  }

  start(body: string): void {
    const { dispatcher, origin, path, headers } = this.#request;
    dispatcher.dispatch({ origin, path, method: 'POST', headers: headers as string[], body }, this);
  }

  /** Ends the exchange and closes its socket; the listener is not called afterwards. */
  abort(): void {
    this.#over = true;
    clearTimeout(this.#drainTimer);
    this.#content?.destroy();
    this.#controller?.abort(new Error('the model call is over'));
  }

  /** Parts that were not taken yet. */
  get batch(): ModelPart[] {
    return this.#body.batch;
  }

  set batch(parts: ModelPart[]) {
    this.#body.batch = parts;
  }

  /** Whether reading from the socket is paused until `take()` is called. */
  get paused(): boolean {
    return this.#controller?.paused === true;
  }

  /** Whether something may be taken: figures alone may not, as long as a retry may make them void. */
  get isReady(): boolean {
    return this.batch.length > 0 && (this.hasSpoken || this.#over);
  }

  /** Whether anything of the answer has come. */
  get hasSpoken(): boolean {
    return this.#body.hasSpoken;
  }

  /** Whether the body is an answer that is not streamed, and the end of its JSON has not come. */
  get isHalf(): boolean {
    return this.#refusal === undefined && this.#body.isHalf;
  }

  /** Returns the parts that have arrived, and resumes reading. */
  take(): ModelPart[] {
    const parts = this.batch;
    this.batch = [];
    this.#waitingBytes = 0;
    if (this.#controller?.paused === true) this.#resume();
    return parts;
  }

  /** Treats the response as if it had ended here. */
  conclude(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.bodyBytes(held);
    if (this.#over) return;
    if (this.#refusal === undefined) this.#endEvents();
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
    if (status >= 300 && status < 400) {
      this.#redirect();
      return;
    }
    if (status < 200 || status >= 300) {
      this.#refusal = '';
      this.#listener.attemptRefused();
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    this.#listener.attemptAlive();
    if (!this.#hasBody && chunk.length > 0) {
      this.#hasBody = true;
      this.#content = createContentDecoder(this.#headers['content-encoding'], chunk, this);
    }
    if (this.#content === undefined) this.#readPiece(chunk);
    else if (!this.#content.write(chunk, this.#resume)) controller.pause();
  }

  onResponseEnd(): void {
    this.#responseEnded = true;
    clearTimeout(this.#drainTimer);
    if (this.#over) return;
    if (this.#content === undefined) this.bodyEnded();
    else this.#content.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    clearTimeout(this.#drainTimer);
    if (this.#over) return;
    this.#transportError = error;
    if (this.#content === undefined) this.bodyEnded();
    else this.#content.end();
  }

  bodyBytes(bytes: Buffer): void {
    if (this.#over) return;
    if (this.#refusal !== undefined) {
      this.#readRefusal(this.#utf8.write(bytes));
      return;
    }
    const before = this.batch.length;
    try {
      const text = this.#utf8.write(bytes);
      this.#body.feed(text);
      if (this.#body.isPage) {
        this.#refusal = '';
        this.#readRefusal(text);
        return;
      }
    } catch (error) {
      this.#failReading(error);
      return;
    }
    this.#report(before, bytes.length);
  }

  #mayRead(): boolean {
    return !this.#over && !this.#awaitsTurn && this.#waitingBytes <= pauseAtBytes;
  }

  /** Reads in pieces, so that a model that sends faster than anybody reads holds up nobody else's tokens. */
  #readPiece(bytes: Buffer): void {
    const room = bytesInTurn - this.#turnBytes;
    this.#held = bytes.length > room ? bytes.subarray(room) : undefined;
    this.#turnBytes += Math.min(bytes.length, room);
    this.bodyBytes(this.#held === undefined ? bytes : bytes.subarray(0, room));
    if (this.#turnBytes < bytesInTurn || this.#over) return;
    this.#turnBytes = 0;
    this.#awaitsTurn = true;
    this.#controller?.pause();
    void loopTurn().then(() => {
      this.#awaitsTurn = false;
      this.#resume();
    });
  }

  bodyEnded(): void {
    if (!this.#over) this.conclude();
  }

  bodyFailed(error: Error): void {
    if (this.#over) return;
    const what = `an answer whose content-encoding cannot be taken off (${error.message})`;
    this.#failReading(malformed(this.#request, what, error));
  }

  /** Tells the listener what a piece of the body brought. */
  #report(before: number, bytes: number): void {
    if (this.#body.isDone) {
      this.#complete();
      return;
    }
    const { hasOutput, hasFinish, wentOn } = this.#body;
    if (hasOutput) this.#listener.attemptProgressed('output');
    if (hasFinish) this.#listener.attemptProgressed('closing');
    if (wentOn) this.#listener.attemptProgressed('output');
    if (this.#body.isWhole) this.#listener.attemptRefused();
    if (this.batch.length === before) return;
    this.#waitingBytes += bytes;
    if (this.hasSpoken) this.#listener.attemptDelivered();
    if (this.batch.length > 0 && this.#waitingBytes > pauseAtBytes && !this.#over) this.#controller?.pause();
  }

  #redirect(): void {
    const target = redirectTarget(this.#request, this.#headers);
    if (target?.isFollowed(this.#status)) {
      this.#over = true;
      this.#drain();
      this.#listener.attemptRedirected(`${target.url.pathname}${target.url.search}`);
    } else {
      this.#fail(errorFromRedirect(this.#request, this.#status, target?.url));
    }
  }

  #endEvents(): void {
    try {
      this.#body.end(this.#utf8.end());
    } catch (error) {
      this.#failReading(error);
      return;
    }
    this.#complete();
  }

  #complete(): void {
    const before = this.batch.length;
    try {
      this.#body.complete();
    } catch (error) {
      const failure = this.#asModelError(error);
      this.#fail(this.#body.isClosing ? failure : this.#reasonOfEnd(failure));
      return;
    }
    if (!this.hasSpoken && !this.#mayBeEmpty && this.batch.some(isPlainStop)) {
      this.batch.length = before;
      this.#fail(saidNothing(this.#request));
      return;
    }
    this.#over = true;
    this.#content?.destroy();
    this.#drain();
    this.#listener.attemptDelivered();
    this.#listener.attemptCompleted();
  }

  /** The decoder only knows that its end is missing; the exchange may know why. */
  #reasonOfEnd(error: ModelError): ModelError {
    if (this.#body.suspect !== undefined) return this.#body.suspect;
    if (this.#status === 0) return errorFromTransport(this.#request, this.#transportError);
    if (this.hasSpoken) return error;
    if (this.#status === 204 || this.#status === 205) {
      return errorFromStatus(this.#request, this.#status, this.#headers, '');
    }
    const { words } = this.#body;
    return words === '' ? error : endedEarly(this.#request, words);
  }

  #failReading(error: unknown): void {
    if (this.#body.isClosing) this.#complete();
    else if (error instanceof EventTooLongError)
      this.#fail(malformed(this.#request, 'an event that is too long', error));
    else this.#fail(this.#asModelError(error));
  }

  #fail(error: ModelError): void {
    this.#body.breakOff();
    this.abort();
    this.#listener.attemptFailed(error);
  }

  /** Lets a response end whose rest does not count, so that its socket can be used again. */
  #drain(): void {
    if (this.#responseEnded || this.#transportError !== undefined) return;
    this.#controller?.resume();
    this.#drainTimer = setTimeout(() => this.#controller?.abort(new Error('the answer is over')), drainMs);
  }

  #readRefusal(text: string): void {
    this.#refusal += text;
    if ((this.#refusal?.length ?? 0) >= longestErrorBodyBytes) this.#failFromBody();
  }

  #failFromBody(): void {
    const body = (this.#refusal ?? '').slice(0, longestErrorBodyBytes);
    this.#fail(
      this.#status >= 200 && this.#status < 300
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

function isPlainStop(part: ModelPart): boolean {
  return part.type === 'finish' && part.reason === 'stop';
}
