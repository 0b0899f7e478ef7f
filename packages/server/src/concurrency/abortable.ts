/** Stops waiting for a piece of work when a signal aborts, even if the work itself ignores the signal. */

/**
 * Resolves with the result of `work`. @throws what `work` throws; the signal's reason once it aborts. The work itself
 * then continues, and its result or error is dropped.
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
