/** Repeats a job at an interval, in the background. */

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
