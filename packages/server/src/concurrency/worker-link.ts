/** What a pool knows of a worker, whether it is a thread or a process. */
import type { Answer, Call } from './worker-calls.ts';

/** A worker that answers one call at a time and can be ended at any moment. */
export interface WorkerLink {
  /** @throws DataCloneError where the call can't be cloned */
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
  onGone(reason: string, cause: LossCause): void;
}

/** Starts a worker; whatever happens to it is told to the listener, never thrown. */
export type StartWorker = (listener: WorkerListener) => WorkerLink;

/** Why a worker was lost: beyond its heap, its resident memory or its time, unable to start, or ended in another way. */
export const lossCauses = ['heap', 'memory', 'time', 'start', 'exit'] as const;
export type LossCause = (typeof lossCauses)[number];
