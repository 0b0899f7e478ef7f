/** A bounded number of slots, with a bounded queue that is served in order. */
import { ModelError } from '../../model-error.ts';

export interface Slots {
  /**
   * Waits for a slot.
   * @returns a function that releases it; further calls do nothing
   * @throws ModelError `overloaded` when the queue is full; the signal's reason when it aborts while waiting
   */
  acquire(signal: AbortSignal): Promise<() => void>;
  readonly running: number;
  readonly waiting: number;
}

export function createSlots(places: number, queueLength: number): Slots {
  let running = 0;
  const queue: (() => void)[] = [];

  const release = (): (() => void) => {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      running--;
      queue.shift()?.();
    };
  };

  return {
    async acquire(signal) {
      signal.throwIfAborted();
      if (running < places) {
        running++;
        return release();
      }
      if (queue.length >= queueLength)
        throw new ModelError(
          'overloaded',
          `the local model is busy and ${queue.length} answers are waiting already; retry later`,
          {
            retryable: true,
            retryAfterMs: 5000,
          },
        );
      return new Promise((resolve, reject) => {
        const enter = () => {
          signal.removeEventListener('abort', leave);
          running++;
          resolve(release());
        };
        const leave = () => {
          queue.splice(queue.indexOf(enter), 1);
          reject(signal.reason);
        };
        signal.addEventListener('abort', leave, { once: true });
        queue.push(enter);
      });
    },
    get running() {
      return running;
    },
    get waiting() {
      return queue.length;
    },
  };
}
