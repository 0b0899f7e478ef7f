/** One worker thread: answers one call at a time, and can be ended at any moment. */
import { Worker } from 'node:worker_threads';
import type { Answer, Call, Ready } from './worker-calls.ts';

/** What a pool needs of a worker, whether it is a thread or a process. */
export interface WorkerLink {
  send(call: Call, transfer: readonly ArrayBuffer[]): void;
  /** Whether this worker keeps the program alive. */
  hold(isHeld: boolean): void;
  /** Ends it whatever it is doing; resolves once it is gone. */
  end(): Promise<void>;
}

export interface WorkerListener {
  /** The worker is loaded; calls that were sent before begin now. */
  onReady(): void;
  onAnswer(answer: Answer): void;
  /** The worker has ended, or is about to; why, as the middle of a sentence. Called once or more. */
  onGone(reason: string): void;
}

export interface WorkerThreadOptions {
  /** A `*.worker.ts` that calls `answerCalls`. */
  readonly entry: URL;
  readonly workerData?: unknown;
  /** Bound on the heap; a thread that needs more ends. Absent: Node's own. */
  readonly maxMegabytes?: number;
}

export function startWorkerThread(options: WorkerThreadOptions, listener: WorkerListener): WorkerLink {
  const { entry, workerData, maxMegabytes } = options;
  const worker = new Worker(entry, {
    workerData,
    // What the program was started with (a test runner's flags, for one) is not meant for its threads.
    execArgv: [],
    env: {},
    ...(maxMegabytes !== undefined && { resourceLimits: { maxOldGenerationSizeMb: maxMegabytes } }),
  });
  worker.on('message', (message: Answer | Ready) =>
    'isReady' in message ? listener.onReady() : listener.onAnswer(message),
  );
  worker.on('error', (error) => listener.onGone(error instanceof Error ? error.message : String(error)));
  worker.on('exit', () => listener.onGone('the worker ended'));
  return {
    send: (call, transfer) => worker.postMessage(call, transfer),
    hold: (isHeld) => (isHeld ? worker.ref() : worker.unref()),
    async end() {
      await worker.terminate();
    },
  };
}
