/** A worker thread that answers one call at a time and can be ended at any moment. */
import { Worker } from 'node:worker_threads';
import type { Answer, Call, Ready } from './worker-calls.ts';

/** The interface of a worker to its pool, whether it is a thread or a process. */
export interface WorkerLink {
  send(call: Call, transfer: readonly ArrayBuffer[]): void;
  /** Whether this worker keeps the program alive. */
  hold(isHeld: boolean): void;
  /** Ends the worker even in the middle of a call; resolves once it is gone. */
  end(): Promise<void>;
}

export interface WorkerListener {
  /** Called when the worker is loaded; calls that were sent before begin now. */
  onReady(): void;
  onAnswer(answer: Answer): void;
  /** Called, once or more, when the worker has ended or is about to. `reason` completes a sentence. */
  onGone(reason: string): void;
}

export interface WorkerThreadOptions {
  /** A `*.worker.ts` that calls `answerCalls`. */
  readonly entry: URL;
  readonly workerData?: unknown;
  /** Maximum heap size; a thread that needs more ends. Absent for Node's own limit. */
  readonly maxMegabytes?: number;
}

export function startWorkerThread(options: WorkerThreadOptions, listener: WorkerListener): WorkerLink {
  const { entry, workerData, maxMegabytes } = options;
  const worker = new Worker(entry, {
    workerData,
    // The program's own flags (those of a test runner, for example) are not meant for its threads.
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
