/** Collects items that arrive faster than they are taken; its one reader takes all that have arrived. */

export interface Inbox<Item> {
  put(item: Item): void;
  /**
   * Takes everything that has arrived; waits for a first item.
   * @param timeoutMs after this long without an item it rejects with the error that `late` makes
   * @throws the signal's reason as soon as it aborts
   */
  take(signal: AbortSignal, timeoutMs?: number, late?: () => Error): Promise<Item[]>;
}

export function createInbox<Item>(): Inbox<Item> {
  let items: Item[] = [];
  let wake: (() => void) | undefined;
  const drain = () => {
    const taken = items;
    items = [];
    return taken;
  };
  return {
    put(item) {
      items.push(item);
      wake?.();
    },
    async take(signal, timeoutMs, late = () => new Error('nothing arrived in time')) {
      signal.throwIfAborted();
      if (items.length > 0) return drain();
      return new Promise((resolve, reject) => {
        const timer =
          timeoutMs === undefined ? undefined : setTimeout(() => done(() => reject(late())), timeoutMs);
        const done = (settle: () => void) => {
          clearTimeout(timer);
          signal.removeEventListener('abort', abort);
          wake = undefined;
          settle();
        };
        const abort = () => done(() => reject(signal.reason));
        signal.addEventListener('abort', abort, { once: true });
        wake = () => done(() => resolve(drain()));
      });
    },
  };
}
