/**
 * A few workers for work that would block the main thread: they start when they are needed, and end after a while
 * without work. A worker that takes too long, or ends by itself, fails its own call and no other.
 *
 * Why this is no library: `docs/decisions/2026-11-26-worker-pool-and-background-jobs.md`.
 */
import type { Answer, Call } from './worker-calls.ts';
import { startWorkerThread, type WorkerLink, type WorkerThreadOptions } from './worker-thread.ts';

export interface WorkerPoolOptions extends WorkerThreadOptions {
  readonly maxWorkers: number;
  /** Time limit of a call, which does not count its wait for a worker and the worker's start. Absent for no limit. */
  readonly timeoutMs?: number;
  /** A worker without a call ends after this time. Default 30,000. */
  readonly idleMs?: number;
}

export interface RunOptions {
  /** Ends the wait for the answer. A call under way still runs to its end, within `timeoutMs`. */
  readonly signal?: AbortSignal;
  /** Buffers that are moved to the worker; the caller can't use them afterwards. */
  readonly transfer?: readonly ArrayBuffer[];
}

export interface WorkerPool extends AsyncDisposable {
  /** @throws WorkerError: the call failed, took too long, or its worker ended; the signal's reason */
  run(call: Call, options?: RunOptions): Promise<unknown>;
}

export class WorkerError extends Error {
  override readonly name = 'WorkerError';
}

/** Time limit for a worker to load its modules, long enough for a busy machine. */
const startTimeoutMs = 60_000;

interface Task {
  readonly call: Call;
  readonly transfer: readonly ArrayBuffer[];
  readonly settle: (answer: Answer) => void;
}

export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  const waiting = new Set<Task>();
  const workers = new Set<PooledWorker>();
  let isClosed = false;

  function pump(): void {
    for (const task of waiting) {
      const worker = workers.values().find(({ isFree }) => isFree) ?? start();
      if (worker === undefined) return;
      waiting.delete(task);
      worker.work(task);
    }
  }

  function start(): PooledWorker | undefined {
    if (workers.size >= options.maxWorkers) return undefined;
    const worker = new PooledWorker(options, {
      onFree: pump,
      onGone: () => {
        workers.delete(worker);
        if (!isClosed) pump();
      },
    });
    workers.add(worker);
    return worker;
  }

  return {
    run(call, { signal, transfer = [] } = {}) {
      if (signal?.aborted) return Promise.reject(signal.reason);
      if (isClosed) return Promise.reject(new WorkerError('closed'));
      return new Promise((resolve, reject) => {
        const abort = () => {
          waiting.delete(task);
          reject(signal?.reason);
        };
        const task: Task = {
          call,
          transfer,
          settle(answer) {
            signal?.removeEventListener('abort', abort);
            if ('error' in answer) reject(new WorkerError(answer.error));
            else resolve(answer.result);
          },
        };
        signal?.addEventListener('abort', abort, { once: true });
        waiting.add(task);
        pump();
      });
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      for (const task of waiting) task.settle({ error: 'closed' });
      waiting.clear();
      await Promise.all([...workers].map((worker) => worker.end('closed')));
    },
  };
}

interface PoolListener {
  onFree(): void;
  onGone(): void;
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
    this.#endAfter(startTimeoutMs, 'did not start');
    this.#link = startWorkerThread(options, {
      onReady: () => this.#started(),
      onAnswer: (answer) => this.#answered(answer),
      onGone: (reason) => void this.end(reason),
    });
  }

  get isFree(): boolean {
    return this.#task === undefined && !this.#isGone;
  }

  work(task: Task): void {
    this.#task = task;
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
    if (this.#task !== undefined) this.#limitCall();
  }

  #limitCall(): void {
    clearTimeout(this.#timer);
    const { timeoutMs } = this.#options;
    if (timeoutMs !== undefined) this.#endAfter(timeoutMs, 'not done');
  }

  #endAfter(ms: number, what: string): void {
    this.#timer = setTimeout(() => void this.end(`${what} within ${ms} ms`), ms);
  }

  #answered(answer: Answer): void {
    if (this.#isGone) return;
    this.#settle(answer);
    // A worker without a call does not keep the program alive.
    this.#link.hold(false);
    this.#timer = setTimeout(() => void this.end('idle'), this.#options.idleMs ?? 30_000).unref();
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
    if (!this.#isGone) {
      this.#isGone = true;
      this.#settle({ error: reason });
      this.#listener.onGone();
    }
    await this.#link.end();
  }
}
