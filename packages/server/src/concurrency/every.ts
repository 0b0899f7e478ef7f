/** Repeats a job at an interval, in the background: as a whole, or in small steps. */
import { setTimeout as sleep } from 'node:timers/promises';

/** `using` stops the repetition at once; `await using` also waits for the run that is under way. */
export interface Repetition extends Disposable, AsyncDisposable {}

/**
 * Runs `job` every `intervalMs`, for the first time after one interval. Runs never overlap: a tick that comes while a
 * run is under way is skipped. Errors go to `onError`. The timer does not keep the process alive.
 */
export function every(
  intervalMs: number,
  job: () => Promise<unknown>,
  onError: (error: unknown) => void,
): Repetition {
  let run: Promise<void> | undefined;
  const timer = setInterval(() => {
    run ??= job()
      .then(() => {}, onError)
      .finally(() => {
        run = undefined;
      });
  }, intervalMs).unref();
  return {
    [Symbol.dispose]: () => clearInterval(timer),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await run;
    },
  };
}

export interface Steps {
  /** Time between two looks. */
  readonly intervalMs: number;
  hasWork(): Promise<boolean>;
  /** Does a part of the work. `isLast` if none is left. */
  step(): Promise<{ readonly isLast: boolean }>;
  /** A step failed; the next look tries it again. */
  onError(error: unknown): void;
}

const pauseMs = 20;

/**
 * Looks `every` interval whether there is work, and does it in steps with pauses between them, so that nothing else waits
 * long. Its disposal waits for the step under way alone.
 */
export function everyInSteps({ intervalMs, hasWork, step, onError }: Steps): AsyncDisposable {
  let isClosed = false;
  const looks = every(
    intervalMs,
    async () => {
      if (!(await hasWork())) return;
      while (!isClosed) {
        if ((await step()).isLast) return;
        await sleep(pauseMs);
      }
    },
    onError,
  );
  return {
    async [Symbol.asyncDispose]() {
      isClosed = true;
      await looks[Symbol.asyncDispose]();
    },
  };
}
