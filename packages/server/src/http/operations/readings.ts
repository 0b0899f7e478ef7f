/** How busy the parts of this process are: what metrics and the health of the administration show. */
import { abortable } from '../../concurrency/abortable.ts';
import type { EngineReadings, GenerationEngine } from '../../generation/interface.ts';
import { type LastBackup, readLastBackup } from '../../store/backup/last-backup.ts';
import { countQueued } from '../../store/queries/generations.ts';
import type { Store, StoreReadings } from '../../store/store.ts';

export interface Readings {
  engine(): EngineReadings;
  /** Undefined while the store does not answer. */
  store(): Promise<StoredReadings | undefined>;
}

export interface StoredReadings extends StoreReadings {
  /** Turns that wait for others of their session, on all servers together. */
  readonly queuedTurns: number;
  /** Undefined where there is none. */
  readonly lastBackup: LastBackup | undefined;
}

export interface ReadingsOptions {
  readonly store: Pick<Store, 'reads' | 'readings'>;
  readonly engine: Pick<GenerationEngine, 'readings'>;
}

/** The wait for a store that is away. */
const longestMs = 2000;

export function createReadings({ store, engine }: ReadingsOptions): Readings {
  /** Shared by all who ask meanwhile, such as the metrics of one scrape. */
  let underWay: Promise<StoredReadings | undefined> | undefined;

  async function read(): Promise<StoredReadings | undefined> {
    try {
      const both = Promise.all([store.readings(), countQueued(store.reads), readLastBackup(store.reads)]);
      const [readings, queuedTurns, lastBackup] = await abortable(both, AbortSignal.timeout(longestMs));
      return { ...readings, queuedTurns, lastBackup };
    } catch {
      // Whether the store answers is told by `/readyz`.
      return undefined;
    }
  }

  return {
    engine: () => engine.readings(),
    store() {
      underWay ??= read().finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
  };
}
