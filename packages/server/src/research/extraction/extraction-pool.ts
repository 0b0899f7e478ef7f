/**
 * A few threads that parse pages. A hostile page can keep a parser busy for minutes or fill its memory, and neither may
 * affect the streams that the process serves. Threads are started when needed and end after a while without work.
 */
import { Worker } from 'node:worker_threads';
import type { ExtractionAnswer, ExtractionCall, ExtractionResults } from './extraction-jobs.ts';

export interface ExtractionPool extends AsyncDisposable {
  /**
   * Waits for a free thread, then at most `timeoutMs`.
   * @throws ExtractionError; the signal's reason
   */
  run<Kind extends ExtractionCall['kind']>(
    call: Extract<ExtractionCall, { kind: Kind }>,
    signal: AbortSignal,
  ): Promise<ExtractionResults[Kind]>;
}

export interface ExtractionPoolOptions {
  readonly maxThreads?: number;
  /** The longest time of one job, without the time that it waits for a thread. */
  readonly timeoutMs?: number;
  readonly maxMegabytes?: number;
  /** A thread ends after this long without work. */
  readonly idleMs?: number;
}

/** A file can't be parsed within the limits. */
export class ExtractionError extends Error {
  override readonly name = 'ExtractionError';
}

interface Task {
  readonly call: ExtractionCall;
  readonly settle: (outcome: ExtractionAnswer) => void;
}

export function createExtractionPool(options: ExtractionPoolOptions = {}): ExtractionPool {
  const { maxThreads = 2, timeoutMs = 4_000, maxMegabytes = 256, idleMs = 30_000 } = options;
  const waiting = new Set<Task>();
  const idle: Thread[] = [];
  const threads = new Set<Thread>();
  let isClosed = false;

  function pump(): void {
    for (const task of waiting) {
      const thread = idle.pop() ?? (threads.size < maxThreads ? start() : undefined);
      if (thread === undefined) return;
      waiting.delete(task);
      thread.work(task);
    }
  }

  function start(): Thread {
    const thread = startThread({
      timeoutMs,
      maxMegabytes,
      idleMs,
      onFree: () => {
        idle.push(thread);
        pump();
      },
      onGone: () => {
        threads.delete(thread);
        if (idle.includes(thread)) idle.splice(idle.indexOf(thread), 1);
        if (!isClosed) pump();
      },
    });
    threads.add(thread);
    return thread;
  }

  return {
    run(call, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<ExtractionResults[typeof call.kind]>();
      if (signal.aborted) return Promise.reject(signal.reason);
      if (isClosed) return Promise.reject(new ExtractionError('closed'));
      const task: Task = {
        call,
        settle: (outcome) => {
          signal.removeEventListener('abort', abort);
          if ('error' in outcome) reject(new ExtractionError(outcome.error));
          else resolve(outcome.result as ExtractionResults[typeof call.kind]);
        },
      };
      // A job that has started runs on until its time limit, though nobody waits for it any more.
      const abort = () => {
        waiting.delete(task);
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      waiting.add(task);
      pump();
      return promise;
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      for (const task of waiting) task.settle({ error: 'closed' });
      waiting.clear();
      await Promise.all([...threads].map((thread) => thread.end('closed')));
    },
  };
}

interface Thread {
  work(task: Task): void;
  end(reason: string): Promise<void>;
}

interface ThreadOptions {
  readonly timeoutMs: number;
  readonly maxMegabytes: number;
  readonly idleMs: number;
  readonly onFree: () => void;
  readonly onGone: () => void;
}

/** Runs one job at a time. A thread that fails, or takes too long, ends together with its job. */
function startThread(options: ThreadOptions): Thread {
  const worker = new Worker(new URL('./extraction.worker.ts', import.meta.url), {
    // The flags of the program, such as a test runner's, are not meant for the thread.
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: options.maxMegabytes },
  });
  let current: Task | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isGone = false;

  function finish(outcome: ExtractionAnswer): void {
    clearTimeout(timer);
    const task = current;
    current = undefined;
    task?.settle(outcome);
  }

  async function end(reason: string): Promise<void> {
    if (!isGone) {
      isGone = true;
      options.onGone();
    }
    finish({ error: reason });
    await worker.terminate();
  }

  worker.on('message', (answer: ExtractionAnswer) => {
    if (isGone) return;
    finish(answer);
    // A thread without work does not keep the process alive.
    worker.unref();
    timer = setTimeout(() => void end('idle'), options.idleMs).unref();
    options.onFree();
  });
  worker.on('error', (error) => void end(error instanceof Error ? error.message : String(error)));
  worker.on('exit', () => void end('the parser ended'));

  return {
    work(task) {
      clearTimeout(timer);
      current = task;
      worker.ref();
      timer = setTimeout(() => void end(`not parsed within ${options.timeoutMs} ms`), options.timeoutMs);
      const bytes = task.call.kind === 'page' ? [task.call.job.bytes.buffer] : [];
      worker.postMessage(task.call, bytes);
    },
    end,
  };
}
