/** Stops waiting where a signal says so, also for work that does not hear the signal itself. */

/**
 * What `work` resolves with. @throws what `work` throws; the signal's reason once it aborts. The work then goes on
 * unheard, and its error is dropped.
 */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
