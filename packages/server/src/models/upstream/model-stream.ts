/**
 * The stream of one model call over as many attempts as it takes, with retries, timeouts and abort. The iterator is
 * written by hand because this is the hot path: one promise per network chunk, one timer per stream.
 */
import type { ModelPart, RetriedFailure } from '../language-model.ts';
import type { ModelError } from '../model-error.ts';
import { type AttemptListener, type AttemptRequest, UpstreamAttempt } from './attempt.ts';
import { mostRedirects } from './redirect.ts';
import type { RequestBody } from './request-body.ts';
import { loadingDelayMs, retryDelayMs } from './retry-policy.ts';
import { connectTimeout, errorFromEndlessRedirects, timeout } from './upstream-error.ts';
import type { WireDecoder } from './wire-decoder.ts';

/** How long usage figures may take after the finish reason, in milliseconds. */
const closingMs = 5_000;
/** How long the body of a response that is no event stream may pause before it counts as whole, in milliseconds. */
const refusalMs = 5_000;
/** The longest wait for a retry where something else could answer at once. */
const hurriedDelayMs = 2_000;
/** How often, in milliseconds, a wait for a retry is looked at: whether something else could answer by now. */
const lookMs = 250;
const defaultMaxWaitMs = 600_000;
/** A timer that is later than this, in milliseconds, means that the process stood still and has data to read first. */
const lateMs = 500;

export interface StreamTimeouts {
  /** The longest time until the connection is open. */
  readonly connectMs: number;
  /** The longest time from then until the model says something, or gives a sign of life (a ping, a comment). */
  readonly firstTokenMs: number;
  /** The longest time between two outputs of the model, or signs of life. */
  readonly idleMs: number;
  /** The longest time without an output, from the call's start or the last output on, whatever signs of life come. */
  readonly maxWaitMs?: number | undefined;
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

/**
 * The request is sent with the first `next()`.
 * @param options.mayBeEmpty whether an answer without a word is no failure, as for one that is continued. Default false.
 */
export function streamFromUpstream(
  call: UpstreamCall,
  body: RequestBody,
  signal: AbortSignal,
  options: StreamOptions = {},
): AsyncIterable<readonly ModelPart[]> {
  return { [Symbol.asyncIterator]: () => new ModelStream(call, body, signal, options) };
}

export interface StreamOptions {
  readonly mayBeEmpty?: boolean | undefined;
  /** Called with each failure after which the call is made again. */
  readonly onRetry?: ((failure: RetriedFailure) => void) | undefined;
  /** Whether no retry is to be waited for long. */
  readonly isHurried?: (() => boolean) | undefined;
}

type Batch = readonly ModelPart[];
type Result = IteratorResult<Batch, undefined>;
type Phase = 'new' | 'connecting' | 'waiting' | 'streaming' | 'closing' | 'refused' | 'backoff' | 'over';

const finished: Result = { done: true, value: undefined };

class ModelStream implements AsyncIterator<Batch, undefined>, AttemptListener {
  readonly #call: UpstreamCall;
  readonly #signal: AbortSignal;
  readonly #mayBeEmpty: boolean;
  readonly #onRetry: StreamOptions['onRetry'];
  readonly #isHurried: StreamOptions['isHurried'];
  /** Undefined once an answer has begun. */
  #body: RequestBody | undefined;
  /** What is sent: its JSON. */
  #text: string;
  #attempt: UpstreamAttempt | undefined;
  /** Where the provider has sent the call; undefined: the configured path. */
  #path: string | undefined;
  #redirects = 0;
  #retries = 0;
  #loadingTries = 0;
  #yielded = false;
  #phase: Phase = 'new';
  /** The failure after which the call is made again, and when that is. */
  #failed: ModelError | undefined;
  #retryAtMs = 0;
  /** The error that the iteration throws once, after the parts that came before it. */
  #failure: { readonly reason: unknown } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerDueMs = 0;
  #startedMs = 0;
  #lastOutputMs = 0;
  #lastLifeMs = 0;
  /** Whether output followed a finish reason, which then tells nothing about the end. */
  #wentOn = false;
  #resolve: ((result: Result) => void) | undefined;
  #reject: ((reason: unknown) => void) | undefined;
  readonly #wait = (resolve: (result: Result) => void, reject: (reason: unknown) => void): void => {
    this.#resolve = resolve;
    this.#reject = reject;
  };

  constructor(call: UpstreamCall, body: RequestBody, signal: AbortSignal, options: StreamOptions) {
    this.#call = call;
    this.#body = body;
    this.#text = body.text;
    this.#signal = signal;
    this.#mayBeEmpty = options.mayBeEmpty === true;
    this.#onRetry = options.onRetry;
    this.#isHurried = options.isHurried;
  }

  next(): Promise<Result> {
    if (this.#phase === 'new') this.#begin();
    if (this.#attempt?.isReady === true) return Promise.resolve(this.#takeBatch());
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

  /** Called when the signal aborts. Parts that were not taken are dropped, but for the figures that came last. */
  handleEvent(): void {
    const attempt = this.#attempt;
    attempt?.abort();
    if (attempt !== undefined) attempt.batch = attempt.batch.filter(isUsage).slice(-1);
    this.#end(this.#signal.reason);
  }

  attemptConnected(): void {
    this.#lastLifeMs = performance.now();
    this.#arm('waiting', this.#call.timeouts.firstTokenMs);
  }

  attemptAlive(): void {
    this.#lastLifeMs = performance.now();
  }

  attemptRefused(): void {
    this.#arm('refused', refusalMs);
  }

  attemptProgressed(meaning: 'output' | 'closing'): void {
    this.#lastOutputMs = this.#lastLifeMs;
    if (meaning === 'closing') {
      if (this.#phase !== 'closing') this.#arm('closing', this.#closingMs());
    } else if (this.#phase === 'closing') {
      this.#wentOn = true;
    } else if (this.#phase !== 'streaming') {
      this.#arm('streaming', this.#call.timeouts.idleMs);
    }
  }

  attemptDelivered(): void {
    const resolve = this.#resolve;
    if (resolve === undefined || this.#attempt?.isReady !== true) return;
    this.#resolve = undefined;
    this.#reject = undefined;
    resolve(this.#takeBatch());
  }

  attemptCompleted(): void {
    this.#finish();
  }

  attemptRedirected(path: string): void {
    this.#redirects += 1;
    if (this.#redirects > mostRedirects) {
      this.#end(errorFromEndlessRedirects(this.#call, mostRedirects));
      return;
    }
    this.#path = path;
    this.#try();
  }

  attemptFailed(error: ModelError): void {
    const received = this.#yielded || this.#attempt?.hasSpoken === true;
    const revised = received ? undefined : this.#body?.revise(error);
    if (revised !== undefined) {
      this.#text = revised;
      this.#onRetry?.(error);
      this.#try();
      return;
    }
    const delayMs = received ? undefined : this.#delayBeforeRetry(error);
    if (delayMs === undefined || this.#isTooLong(delayMs)) {
      this.#end(error);
      return;
    }
    this.#attempt = undefined;
    this.#failed = error;
    this.#retryAtMs = performance.now() + delayMs;
    this.#arm('backoff', Math.min(delayMs, lookMs));
  }

  /** Whether a wait is not to be made since something else could answer. */
  #isTooLong(waitMs: number): boolean {
    return waitMs > hurriedDelayMs && this.#isHurried?.() === true;
  }

  #waitForRetry(nowMs: number): void {
    const error = this.#failed;
    const leftMs = this.#retryAtMs - nowMs;
    if (error === undefined || leftMs <= 0.5) {
      if (error !== undefined) this.#onRetry?.(error);
      this.#try();
    } else if (this.#isTooLong(leftMs)) {
      this.#end(error);
    } else {
      this.#arm('backoff', Math.min(leftMs, lookMs));
    }
  }

  #delayBeforeRetry(error: ModelError): number | undefined {
    if (!error.isLoading) {
      this.#retries += 1;
      return retryDelayMs(error, this.#retries, this.#call);
    }
    this.#loadingTries += 1;
    const leftMs = this.#startedMs + this.#maxWaitMs - performance.now();
    return loadingDelayMs(error, this.#loadingTries, this.#call, leftMs);
  }

  #begin(): void {
    if (this.#signal.aborted) {
      this.#phase = 'over';
      this.#failure = { reason: this.#signal.reason };
      return;
    }
    this.#signal.addEventListener('abort', this, { once: true });
    this.#startedMs = performance.now();
    this.#try();
  }

  #try(): void {
    this.#arm('connecting', this.#call.timeouts.connectMs);
    this.#lastOutputMs = this.#startedMs;
    const request = this.#path === undefined ? this.#call : { ...this.#call, path: this.#path };
    this.#attempt = new UpstreamAttempt(request, this, this.#call.createDecoder(), this.#mayBeEmpty);
    this.#attempt.start(this.#text);
  }

  #takeBatch(): Result {
    const attempt = this.#attempt as UpstreamAttempt;
    if (attempt.paused) {
      this.#lastLifeMs = performance.now();
      this.#lastOutputMs = this.#lastLifeMs;
    }
    if (!this.#yielded) {
      this.#yielded = true;
      this.#body?.accepted();
      this.#body = undefined;
      this.#text = '';
    }
    return { done: false, value: attempt.take() };
  }

  /** Ends with `reason`, which the waiting `next()` throws, or the one after the last batch. */
  #end(reason: unknown): void {
    this.#finish();
    this.attemptDelivered();
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
    this.#text = '';
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this);
  }

  #arm(phase: Phase, ms: number): void {
    this.#phase = phase;
    clearTimeout(this.#timer);
    this.#timerDueMs = performance.now() + ms;
    this.#timer = setTimeout(onTimer, ms, this);
  }

  /** Nothing that arrives resets the timer. It fires once per period and is then set for what is left of the period. */
  onTimer(): void {
    const nowMs = performance.now();
    const phase = this.#phase;
    if (phase === 'backoff') this.#waitForRetry(nowMs);
    if (phase === 'backoff' || phase === 'over' || phase === 'new') return;
    if (nowMs - this.#timerDueMs > lateMs) {
      this.#arm(phase, lateMs);
      return;
    }
    const leftMs = this.#leftMs(phase, nowMs);
    if (leftMs > 0.5) {
      this.#arm(phase, leftMs);
      return;
    }
    if (phase === 'closing' || phase === 'refused') {
      this.#attempt?.conclude();
      return;
    }
    this.#attempt?.abort();
    this.attemptFailed(this.#timedOut(phase));
  }

  /** How long the phase may still last, by what has come since it began. */
  #leftMs(phase: 'connecting' | 'waiting' | 'streaming' | 'closing' | 'refused', nowMs: number): number {
    const { firstTokenMs, idleMs } = this.#call.timeouts;
    if (this.#attempt?.paused === true) return phase === 'streaming' || phase === 'closing' ? idleMs : 0;
    switch (phase) {
      case 'waiting':
        return Math.min(this.#lastLifeMs + firstTokenMs, this.#latestMs(firstTokenMs)) - nowMs;
      case 'streaming':
        return Math.min(this.#lastLifeMs + idleMs, this.#latestMs(idleMs)) - nowMs;
      case 'closing':
        // A finish reason that others followed tells nothing about the end.
        return this.#wentOn
          ? Math.min(this.#lastLifeMs + idleMs, this.#latestMs(idleMs)) - nowMs
          : this.#lastOutputMs + this.#closingMs() - nowMs;
      case 'refused':
        // Behind what is whole nothing is waited for.
        if (this.#attempt?.isHalf !== true) return 0;
        return Math.min(this.#lastLifeMs + idleMs, this.#latestMs(idleMs)) - nowMs;
      case 'connecting':
        return 0;
    }
  }

  /** When signs of life no longer suffice. */
  #latestMs(silenceMs: number): number {
    return this.#lastOutputMs + Math.max(silenceMs, this.#maxWaitMs);
  }

  get #maxWaitMs(): number {
    return this.#call.timeouts.maxWaitMs ?? defaultMaxWaitMs;
  }

  #closingMs(): number {
    const { idleMs } = this.#call.timeouts;
    return this.#wentOn ? idleMs : Math.min(closingMs, idleMs);
  }

  #timedOut(phase: 'connecting' | 'waiting' | 'streaming'): ModelError {
    const { connectMs, firstTokenMs, idleMs } = this.#call.timeouts;
    const silenceMs = phase === 'waiting' ? firstTokenMs : idleMs;
    if (phase === 'connecting') return connectTimeout(this.#call, `within ${connectMs} ms`);
    if (this.#latestMs(silenceMs) < this.#lastLifeMs + silenceMs)
      return timeout(this.#call, `gave only signs of life for ${this.#maxWaitMs} ms`, false);
    return phase === 'waiting'
      ? timeout(this.#call, `said nothing within ${firstTokenMs} ms`, false)
      : timeout(this.#call, `fell silent for ${idleMs} ms`, false);
  }
}

function onTimer(stream: ModelStream): void {
  stream.onTimer();
}

function isUsage(part: ModelPart): boolean {
  return part.type === 'usage';
}
