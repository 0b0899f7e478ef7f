/** Notes in memory when keys were used last, and stores it in batches, so that no request waits for it. */
import { every } from '../concurrency/every.ts';
import type { Store } from '../store/store.ts';

const flushIntervalMs = 60_000;
const maxUsesPerCommand = 500;

export interface KeyUsage extends AsyncDisposable {
  note(keyId: string, at: number): void;
  flush(): Promise<void>;
}

/** `onError` is called when a batch could not be stored; its uses are kept for the next batch. */
export function createKeyUsage(
  store: Store,
  onError: (error: unknown) => void = (error) => process.emitWarning(String(error)),
): KeyUsage {
  let uses = new Map<string, number>();

  async function flush(): Promise<void> {
    const batch = [...uses].map(([id, at]) => ({ id, at }));
    uses = new Map();
    try {
      while (batch.length > 0) {
        await store.execute('touchApiKeys', { uses: batch.slice(0, maxUsesPerCommand) });
        batch.splice(0, maxUsesPerCommand);
      }
    } catch (error) {
      for (const { id, at } of batch) {
        if (!uses.has(id)) uses.set(id, at);
      }
      throw error;
    }
  }

  const flushes = every(flushIntervalMs, flush, onError);
  return {
    note: (keyId, at) => void uses.set(keyId, at),
    flush,
    async [Symbol.asyncDispose]() {
      await flushes[Symbol.asyncDispose]();
      // A last batch that can't be stored is lost: times of last use are not worth delaying a stop.
      await flush().catch(onError);
    },
  };
}
