/** Keeps at most one worker process. One that has ended is replaced at the next request, within a bound. */

import { abortable } from '../../../concurrency/abortable.ts';
import { ModelError } from '../../model-error.ts';
import type { LoadOptions, LocalModelInfo } from '../worker/protocol.ts';
import { startWorkerProcess, type WorkerHost, type WorkerProcess } from './worker-process.ts';

export type LocalRuntimeState = 'idle' | 'loading' | 'ready' | 'failed' | 'closed';

export interface LocalRuntimeStatus {
  readonly state: LocalRuntimeState;
  /** How far the loading is, 0 to 100. */
  readonly percent: number;
  /** Why the process ended or could not load the model, if it did. */
  readonly message?: string;
  /** Present once the model was loaded. */
  readonly info?: LocalModelInfo;
  /** The process that runs; it changes when the process had to be restarted. */
  readonly pid?: number;
}

export interface WorkerSupervisor extends AsyncDisposable {
  /** The loaded worker; it is started if need be. @throws ModelError; the signal's reason */
  worker(signal: AbortSignal): Promise<WorkerProcess>;
  load(): Promise<LocalModelInfo>;
  status(): LocalRuntimeStatus;
}

/** After this many ends within the window, the next start waits until the oldest one has left the window. */
const maxEnds = 3;
const endsWindowMs = 60_000;

export function createWorkerSupervisor(
  options: LoadOptions,
  host: WorkerHost,
  now: () => number = performance.now.bind(performance),
): WorkerSupervisor {
  let state: LocalRuntimeState = 'idle';
  let percent = 0;
  let message: string | undefined;
  let info: LocalModelInfo | undefined;
  let current: { process: WorkerProcess; ready: Promise<WorkerProcess> } | undefined;
  let ends: number[] = [];

  function start(): Promise<WorkerProcess> {
    if (state === 'closed') return Promise.reject(failure('the local model is closed', false));
    if (current !== undefined) return current.ready;
    ends = ends.filter((at) => at > now() - endsWindowMs);
    if (ends.length >= maxEnds) {
      const waitMs = ends[0]! + endsWindowMs - now();
      const text = `the local model ended ${ends.length} times within a minute and is not restarted yet: ${message}`;
      return Promise.reject(failure(text, true, waitMs));
    }
    state = 'loading';
    percent = 0;
    const worker = startWorkerProcess(options, host, (loadedPercent) => {
      percent = loadedPercent;
    });
    const ready = worker.loaded.then(
      (loadedInfo) => {
        if (state === 'loading') state = 'ready';
        percent = 100;
        message = undefined;
        info = loadedInfo;
        return worker;
      },
      (error: Error) => {
        ended(worker, 'failed', error.message);
        throw failure(`the local model can't be loaded: ${error.message}`, true);
      },
    );
    ready.catch(() => {});
    current = { process: worker, ready };
    void worker.exited.then((cause) => ended(worker, 'idle', cause));
    return ready;
  }

  /** Counts each process once: when its load fails, else when it ends. */
  function ended(worker: WorkerProcess, next: 'failed' | 'idle', cause: string): void {
    if (current?.process !== worker || state === 'closed') return;
    current = undefined;
    ends.push(now());
    state = next;
    message = cause;
    host.logger.warn({ cause }, 'the local model ended; the next request starts it again');
  }

  return {
    worker(signal) {
      return abortable(start(), signal);
    },
    async load() {
      await start();
      return info!;
    },
    status() {
      return {
        state,
        percent,
        ...(message === undefined ? {} : { message }),
        ...(info === undefined ? {} : { info }),
        ...(current?.process.pid === undefined ? {} : { pid: current.process.pid }),
      };
    },
    async [Symbol.asyncDispose]() {
      state = 'closed';
      await current?.process.kill();
    },
  };
}

function failure(message: string, retryable: boolean, retryAfterMs?: number): ModelError {
  return new ModelError('provider_error', message, { retryable, retryAfterMs });
}
