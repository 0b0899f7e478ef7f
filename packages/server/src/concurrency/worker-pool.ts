/**
 * A few workers for work that would block the main thread: they start when they are needed, and end after a while
 * without work. A worker that takes too long, or ends by itself, fails its own call and no other; the calls that wait
 * get a new worker. Where workers are lost one after the other, new ones start ever later.
 *
 * Why this is no library: `docs/decisions/2026-11-26-worker-pool-and-background-jobs.md`.
 */
import { FairQueue } from './fair-queue.ts';
import type { Answer, Call } from './worker-calls.ts';
import type { LossCause, StartWorker, WorkerLink } from './worker-link.ts';

export interface WorkerPoolOptions {
  /** `threads(…)` or `processes(…)`. */
  readonly start: StartWorker;
  readonly maxWorkers: number;
  /** Time limit of a call, which does not count its wait for a worker and the worker's start. Absent for no limit. */
  readonly timeoutMs?: number;
  /** A worker without a call ends after this time. Default 30,000. */
  readonly idleMs?: number;
  /** The most calls of one owner that wait, and the most that they weigh together. Default: no bound. */
  readonly maxWaiting?: number;
  readonly maxWaitingWeight?: number;
  /** Called once for each worker that ended otherwise than for want of work or by the disposal of the pool. */
  readonly onLost?: (loss: WorkerLoss) => void;
}

export interface WorkerLoss {
  readonly cause: LossCause;
  /** Completes a sentence. */
  readonly reason: string;
}

export interface RunOptions {
  /** Ends the wait for the answer. A call under way still runs to its end, within `timeoutMs`. */
  readonly signal?: AbortSignal;
  /** Whose call it is: no owner keeps the calls of others waiting for long. */
  readonly owner?: string;
  /** What the call weighs while it waits. Default 0. */
  readonly weight?: number;
  /** Buffers that are moved to the worker; the caller can't use them afterwards. */
  readonly transfer?: readonly ArrayBuffer[];
}

/** How busy a pool is at the moment. */
export interface PoolReadings {
  /** Workers that run or start. */
  readonly workers: number;
  /** Those of them that have a call. */
  readonly busy: number;
  /** Calls that wait for a worker. */
  readonly waiting: number;
}

export interface WorkerPool extends AsyncDisposable {
  /** @throws QueueFullError: too much of this owner waits; WorkerError: the call failed, took too long, or its worker ended; the signal's reason */
  run(call: Call, options?: RunOptions): Promise<unknown>;
  /**
   * Starts the workers ahead of the first call. Resolves once one of them is ready, or once it is known that none will
   * be for now; a call then says why.
   */
  prepare(): Promise<void>;
  readings(): PoolReadings;
}

export class WorkerError extends Error {
  override readonly name = 'WorkerError';
}

/** The call was not begun, since too many calls of its owner wait, or too large ones. */
export class QueueFullError extends WorkerError {
  constructor() {
    super(tooMuchWaits);
  }
}

const tooMuchWaits = 'too much waits already';

/** Time limit for a worker to load its modules, long enough for a busy machine. */
const startTimeoutMs = 60_000;

/** Calls of a worker that did not start are given to another one, so often. */
const maxStarts = 2;

/** The wait before the next start, by what was lost since the last answer. Lost calls cost a start each, and no more. */
const backOff = {
  start: { patience: 0, firstMs: 250, mostMs: 30_000 },
  call: { patience: 3, firstMs: 100, mostMs: 1_000 },
} as const;

interface Task {
  readonly call: Call;
  readonly owner: string | undefined;
  readonly weight: number;
  readonly transfer: readonly ArrayBuffer[];
  readonly settle: (answer: Answer) => void;
  /** How many workers that it was given to did not start. */
  failedStarts: number;
}

export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  const { maxWaiting: maxItems, maxWaitingWeight: maxWeight } = options;
  const waiting = new FairQueue<Task>({
    places: options.maxWorkers,
    ...(maxItems !== undefined && { maxItems }),
    ...(maxWeight !== undefined && { maxWeight }),
  });
  const workers = new Set<PooledWorker>();
  /** Workers lost since the last answer. */
  const lost = { start: 0, call: 0 };
  /** Runs while no worker may be started. */
  let backingOff: NodeJS.Timeout | undefined;
  let isClosed = false;
  /** Called once a worker is ready, or gone. */
  const prepared = new Set<() => void>();

  function tellPrepared(): void {
    for (const resolve of prepared) resolve();
    prepared.clear();
  }

  function pump(): void {
    if (isClosed) return;
    for (;;) {
      const free = workers.values().find(({ isFree }) => isFree);
      if (free === undefined && !canStart()) return;
      const task = waiting.take();
      if (task === undefined) return;
      (free ?? start()).work(task);
    }
  }

  function canStart(): boolean {
    return workers.size < options.maxWorkers && backingOff === undefined;
  }

  function start(): PooledWorker {
    const worker = new PooledWorker(options, {
      onReady: tellPrepared,
      onFree() {
        lost.start = 0;
        lost.call = 0;
        pump();
      },
      onGone(loss, unstarted) {
        workers.delete(worker);
        tellPrepared();
        if (unstarted !== undefined) retry(unstarted, loss);
        if (loss !== undefined && !isClosed) {
          lost[loss.cause === 'start' ? 'start' : 'call']++;
          delayStarts();
          options.onLost?.(loss);
        }
        pump();
      },
    });
    workers.add(worker);
    return worker;
  }

  function retry(task: Task, loss: WorkerLoss | undefined): void {
    waiting.release(task.owner, task);
    if (isClosed || ++task.failedStarts >= maxStarts) task.settle({ error: loss?.reason ?? 'closed' });
    else if (!waiting.add(task.owner, task, task.weight)) task.settle({ error: tooMuchWaits });
  }

  function delayStarts(): void {
    const ms = Math.max(delayOf('start'), delayOf('call'));
    if (ms === 0) return;
    clearTimeout(backingOff);
    backingOff = setTimeout(() => {
      backingOff = undefined;
      pump();
    }, ms);
  }

  function delayOf(kind: keyof typeof backOff): number {
    const { patience, firstMs, mostMs } = backOff[kind];
    const excess = lost[kind] - patience;
    return excess <= 0 ? 0 : Math.min(mostMs, firstMs * 2 ** (excess - 1));
  }

  return {
    run(call, { signal, owner, weight = 0, transfer = [] } = {}) {
      if (signal?.aborted) return Promise.reject(signal.reason);
      if (isClosed) return Promise.reject(new WorkerError('closed'));
      return new Promise((resolve, reject) => {
        const abort = () => {
          waiting.delete(owner, task);
          reject(signal?.reason);
        };
        const task: Task = {
          call,
          owner,
          weight,
          transfer,
          failedStarts: 0,
          settle(answer) {
            waiting.release(owner, task);
            signal?.removeEventListener('abort', abort);
            if ('error' in answer) reject(new WorkerError(answer.error));
            else resolve('result' in answer ? answer.result : undefined);
          },
        };
        if (!waiting.add(owner, task, weight)) {
          reject(new QueueFullError());
          return;
        }
        signal?.addEventListener('abort', abort, { once: true });
        pump();
      });
    },
    async prepare() {
      if (workers.values().some(({ isReady }) => isReady)) return;
      while (!isClosed && canStart()) start();
      if (workers.size > 0) await new Promise<void>((resolve) => prepared.add(resolve));
    },
    readings() {
      const busy = workers.values().reduce((sum, { isFree }) => sum + (isFree ? 0 : 1), 0);
      return { workers: workers.size, busy, waiting: waiting.size };
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      clearTimeout(backingOff);
      for (const task of waiting.clear()) task.settle({ error: 'closed' });
      await Promise.all([...workers].map((worker) => worker.end('closed')));
    },
  };
}

interface PoolListener {
  onReady(): void;
  onFree(): void;
  /** `loss` where it was not meant to end; `unstarted` is its call where it was never ready for it. */
  onGone(loss: WorkerLoss | undefined, unstarted: Task | undefined): void;
}

/**
 * A worker goes from free to working (`work`) and back to free (an answer), until it is gone: because its call took too
 * long, it was idle for too long, it ended by itself, or the pool was closed.
 */
class PooledWorker {
  readonly #options: WorkerPoolOptions;
  readonly #listener: PoolListener;
  readonly #link: WorkerLink;
  #task: Task | undefined;
  /** The timer of the current phase: starting, working or free. */
  #timer: NodeJS.Timeout | undefined;
  #isReady = false;
  #isGone = false;

  constructor(options: WorkerPoolOptions, listener: PoolListener) {
    this.#options = options;
    this.#listener = listener;
    this.#endAfter(startTimeoutMs, 'did not start', 'start');
    this.#link = options.start({
      onReady: () => this.#started(),
      onAnswer: (answer) => this.#answered(answer),
      onGone: (reason, cause) => void this.#lose({ reason, cause }),
    });
  }

  get isReady(): boolean {
    return this.#isReady && !this.#isGone;
  }

  get isFree(): boolean {
    return this.#task === undefined && !this.#isGone;
  }

  work(task: Task): void {
    this.#task = task;
    if (this.#isReady) clearTimeout(this.#timer);
    this.#link.hold(true);
    if (this.#isReady) this.#limitCall();
    try {
      this.#link.send(task.call, task.transfer);
    } catch (error) {
      this.#answered({ error: error instanceof Error ? error.message : String(error) });
    }
  }

  #started(): void {
    this.#isReady = true;
    if (this.#isGone) return;
    clearTimeout(this.#timer);
    if (this.#task === undefined) this.#rest();
    else this.#limitCall();
    this.#listener.onReady();
  }

  /** A worker without a call does not keep the program alive, and ends after a while. */
  #rest(): void {
    this.#link.hold(false);
    this.#timer = setTimeout(() => void this.end('idle'), this.#options.idleMs ?? 30_000).unref();
  }

  #limitCall(): void {
    clearTimeout(this.#timer);
    const { timeoutMs } = this.#options;
    if (timeoutMs !== undefined) this.#endAfter(timeoutMs, 'not done', 'time');
  }

  #endAfter(ms: number, what: string, cause: LossCause): void {
    this.#timer = setTimeout(() => void this.#lose({ reason: `${what} within ${ms} ms`, cause }), ms);
  }

  #answered(answer: Answer): void {
    if (this.#isGone) return;
    this.#settle(answer);
    if (answer.isSpent === true) return void this.end('spent');
    this.#rest();
    this.#listener.onFree();
  }

  #settle(answer: Answer): void {
    clearTimeout(this.#timer);
    const task = this.#task;
    this.#task = undefined;
    task?.settle(answer);
  }

  /** Ends the worker at once; a call under way fails with this reason. Resolves once the worker is gone. */
  async end(reason: string): Promise<void> {
    this.#leave(reason, undefined);
    await this.#link.end();
  }

  async #lose({ reason, cause }: WorkerLoss): Promise<void> {
    this.#leave(reason, { reason, cause: this.#isReady ? cause : 'start' });
    await this.#link.end();
  }

  #leave(reason: string, loss: WorkerLoss | undefined): void {
    if (this.#isGone) return;
    this.#isGone = true;
    const unstarted = this.#isReady || loss === undefined ? undefined : this.#task;
    if (unstarted === undefined) this.#settle({ error: reason });
    clearTimeout(this.#timer);
    this.#task = undefined;
    this.#listener.onGone(loss, unstarted);
  }
}
