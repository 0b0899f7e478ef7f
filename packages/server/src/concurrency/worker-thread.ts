/** A worker that is a thread. Running out of memory in a thread can end the whole program: foreign files need a process. */
import { SHARE_ENV, Worker } from 'node:worker_threads';
import type { Answer, Ready } from './worker-calls.ts';
import type { StartWorker } from './worker-link.ts';

export interface WorkerThreadOptions {
  /** A `*.worker.ts` that calls `answerCalls`. */
  readonly entry: URL;
  readonly workerData?: unknown;
  /** Whether the thread sees the environment variables of the program. Default false. */
  readonly sharesEnvironment?: boolean;
}

export function threads({ entry, workerData, sharesEnvironment = false }: WorkerThreadOptions): StartWorker {
  return (listener) => {
    const worker = new Worker(entry, {
      workerData,
      // The program's own flags (those of a test runner, for example) are not meant for its threads.
      execArgv: [],
      env: sharesEnvironment ? SHARE_ENV : {},
    });
    worker.on('message', (message: Answer | Ready) =>
      'isReady' in message ? listener.onReady() : listener.onAnswer(message),
    );
    worker.on('error', (error) =>
      listener.onGone(error instanceof Error ? error.message : String(error), 'exit'),
    );
    worker.on('exit', () => listener.onGone('the worker ended', 'exit'));
    return {
      send: (call, transfer) => worker.postMessage(call, transfer),
      hold: (isHeld) => (isHeld ? worker.ref() : worker.unref()),
      async end() {
        await worker.terminate();
      },
    };
  };
}
