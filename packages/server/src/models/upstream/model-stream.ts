/**
 * The stream of one model call over as many attempts as it takes, with retries, timeouts and abort. The iterator is
 * written by hand because this is the hot path: one promise per network chunk, one timer per stream.
 */
import type { ModelPart } from '../language-model.ts';
import type { ModelError } from '../model-error.ts';
import { type AttemptListener, type AttemptRequest, UpstreamAttempt } from './attempt.ts';
import { retryDelayMs } from './retry-policy.ts';
import { timeout } from './upstream-error.ts';
import type { EventMeaning, WireDecoder } from './wire-decoder.ts';

/** How long usage figures may take after the finish reason, in milliseconds. */
const closingMs = 5_000;
/** How long the body of a response that is no event stream may take, in milliseconds. */
const refusalMs = 5_000;
/** A timer that is later than this, in milliseconds, means that the process stood still and has data to read first. */
const lateMs = 500;

export interface StreamTimeouts {
  /** The longest time until the connection is open. */
  readonly connectMs: number;
  /** The longest time from then until the model says something; pings and headers do not count. */
  readonly firstTokenMs: number;
  /** The longest time between two outputs of the model. */
  readonly idleMs: number;
}

export interface UpstreamCall extends AttemptRequest {
  readonly timeouts: StreamTimeouts;
  /** How often a call is retried, while nothing was received. */
  readonly maxRetries: number;
  /** The first back-off, in milliseconds; it doubles with each retry. */
  readonly backoffMs: number;
  /** A number from 0 to 1 for the back-off's jitter. */
  readonly random: () => number;
  readonly createDecoder: () => WireDecoder;
}

/** The request is sent with the first `next()`. `body` is its JSON. */
export function streamFromUpstream(
  call: UpstreamCall,
  body: string,
  signal: AbortSignal,
): AsyncIterable<readonly ModelPart[]> {
  return { [Symbol.asyncIterator]: () => new ModelStream(call, body, signal) };
}

type Batch = readonly ModelPart[];
type Result = IteratorResult<Batch, undefined>;
type Phase = 'new' | 'connecting' | 'waiting' | 'streaming' | 'closing' | 'refused' | 'backoff' | 'over';

const finished: Result = { done: true, value: undefined };

class ModelStream implements AsyncIterator<Batch, undefined>, AttemptListener {
  readonly #call: UpstreamCall;
  readonly #signal: AbortSignal;
  #body: string;
  #attempt: UpstreamAttempt | undefined;
  #retries = 0;
  #yielded = false;
  #phase: Phase = 'new';
  /** The error that the iteration throws once, after the parts that came before it. */
  #failure: { readonly reason: unknown } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerDueMs = 0;
  #lastOutputMs = 0;
  #resolve: ((result: Result) => void) | undefined;
  #reject: ((reason: unknown) => void) | undefined;
  readonly #wait = (resolve: (result: Result) => void, reject: (reason: unknown) => void): void => {
    this.#resolve = resolve;
    this.#reject = reject;
  };

  constructor(call: UpstreamCall, body: string, signal: AbortSignal) {
    this.#call = call;
    this.#body = body;
    this.#signal = signal;
  }

  next(): Promise<Result> {
    if (this.#phase === 'new') this.#begin();
    if (this.#attempt !== undefined && this.#attempt.batch.length > 0)
      return Promise.resolve(this.#takeBatch());
    if (this.#failure !== undefined) {
      const { reason } = this.#failure;
      this.#failure = undefined;
      this.#attempt = undefined;
      return Promise.reject(reason);
    }
    if (this.#phase === 'over') return Promise.resolve(finished);
    return new Promise(this.#wait);
  }

  return(): Promise<Result> {
    this.#finish();
    this.#attempt?.abort();
    this.#attempt = undefined;
    this.#failure = undefined;
    this.#resolve?.(finished);
    this.#resolve = undefined;
    this.#reject = undefined;
    return Promise.resolve(finished);
  }

  /** Called when the signal aborts. Parts that were not taken are dropped. */
  handleEvent(): void {
    this.#attempt?.abort();
    this.#attempt = undefined;
    this.#end(this.#signal.reason);
  }

  attemptConnected(): void {
    this.#arm('waiting', this.#call.timeouts.firstTokenMs);
  }

  attemptRefused(): void {
    this.#arm('refused', refusalMs);
  }

  attemptProgressed(meaning: EventMeaning): void {
    this.#lastOutputMs = performance.now();
    if (meaning === 'closing') {
      if (this.#phase !== 'closing') this.#arm('closing', Math.min(closingMs, this.#call.timeouts.idleMs));
    } else if (this.#phase === 'waiting') {
      this.#arm('streaming', this.#call.timeouts.idleMs);
    }
  }

  attemptDelivered(): void {
    const resolve = this.#resolve;
    if (resolve === undefined) return;
    this.#resolve = undefined;
    this.#reject = undefined;
    resolve(this.#takeBatch());
  }

  attemptCompleted(): void {
    this.#finish();
  }

  attemptFailed(error: ModelError): void {
    const received = this.#yielded || (this.#attempt?.batch.length ?? 0) > 0;
    const delayMs = received ? undefined : retryDelayMs(error, this.#retries + 1, this.#call);
    if (delayMs === undefined) {
      this.#end(error);
      return;
    }
    this.#attempt = undefined;
    this.#retries += 1;
    this.#arm('backoff', delayMs);
  }

  #begin(): void {
    if (this.#signal.aborted) {
      this.#phase = 'over';
      this.#failure = { reason: this.#signal.reason };
      return;
    }
    this.#signal.addEventListener('abort', this, { once: true });
    this.#try();
  }

  #try(): void {
    this.#arm('connecting', this.#call.timeouts.connectMs);
    this.#attempt = new UpstreamAttempt(this.#call, this, this.#call.createDecoder());
    this.#attempt.start(this.#body);
  }

  #takeBatch(): Result {
    const attempt = this.#attempt as UpstreamAttempt;
    if (attempt.paused) this.#lastOutputMs = performance.now();
    if (!this.#yielded) {
      this.#yielded = true;
      this.#body = '';
    }
    return { done: false, value: attempt.take() };
  }

  /** Ends with `reason`, which the waiting `next()` throws, or the one after the last batch. */
  #end(reason: unknown): void {
    this.#finish();
    const reject = this.#reject;
    if (reject === undefined) {
      this.#failure = { reason };
      return;
    }
    this.#resolve = undefined;
    this.#reject = undefined;
    reject(reason);
  }

  #finish(): void {
    this.#phase = 'over';
    this.#body = '';
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this);
  }

  #arm(phase: Phase, ms: number): void {
    this.#phase = phase;
    clearTimeout(this.#timer);
    this.#timerDueMs = performance.now() + ms;
    this.#timer = setTimeout(onTimer, ms, this);
  }

  /** Output does not reset the timer. It fires once per period and is then set for what is left of the period. */
  onTimer(): void {
    const nowMs = performance.now();
    const { timeouts } = this.#call;
    switch (this.#phase) {
      case 'backoff':
        this.#try();
        return;
      case 'closing':
      case 'refused':
        this.#attempt?.conclude();
        return;
      case 'over':
      case 'new':
        return;
    }
    if (nowMs - this.#timerDueMs > lateMs) {
      this.#arm(this.#phase, lateMs);
      return;
    }
    if (this.#phase === 'streaming') {
      const leftMs = this.#attempt?.paused ? timeouts.idleMs : this.#lastOutputMs + timeouts.idleMs - nowMs;
      if (leftMs > 0.5) {
        this.#arm('streaming', leftMs);
        return;
      }
    }
    const phase = this.#phase;
    this.#attempt?.abort();
    this.attemptFailed(timedOut(this.#call, phase));
  }
}

function onTimer(stream: ModelStream): void {
  stream.onTimer();
}

function timedOut(call: UpstreamCall, phase: 'connecting' | 'waiting' | 'streaming'): ModelError {
  const { connectMs, firstTokenMs, idleMs } = call.timeouts;
  switch (phase) {
    case 'connecting':
      return timeout(call, `did not accept a connection within ${connectMs} ms`, true);
    case 'waiting':
      return timeout(call, `said nothing within ${firstTokenMs} ms`, false);
    case 'streaming':
      return timeout(call, `fell silent for ${idleMs} ms`, false);
  }
}
