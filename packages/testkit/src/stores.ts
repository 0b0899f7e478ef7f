/** Stores for tests: a real one of each engine, with nothing in it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../server/src/store/open.ts';
import type { Store } from '../../server/src/store/store.ts';
import type { StoreEngine } from '../../server/src/store/tables.ts';
import { postgresForTests, type Skip } from './services.ts';

export const storeEngines: readonly StoreEngine[] = ['sqlite', 'postgres'];

export interface TestStore extends AsyncDisposable {
  readonly store: Store;
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  /** Another store on the same data, once `store` is disposed. */
  reopen(): Promise<Store>;
}

/** An empty place for a store of this engine, or why there is none. */
export async function storePlace(
  engine: StoreEngine,
): Promise<{ readonly dataDir: string; readonly databaseUrl: string | undefined } | Skip> {
  const dataDir = await mkdtemp(join(tmpdir(), 'colloquy-test-'));
  if (engine === 'sqlite') return { dataDir, databaseUrl: undefined };
  const postgres = await postgresForTests();
  return 'skip' in postgres ? postgres : { dataDir, databaseUrl: postgres.url };
}

export async function openTestStore(engine: StoreEngine): Promise<TestStore | Skip> {
  const place = await storePlace(engine);
  if ('skip' in place) return place;
  const open = (): Promise<Store> => openStore({ ...place, poolSize: 10, onConnectionError: () => {} });
  const store = await open();
  const opened = [store];
  return {
    ...place,
    store,
    async reopen() {
      const again = await open();
      opened.push(again);
      return again;
    },
    async [Symbol.asyncDispose]() {
      for (const one of opened) await one[Symbol.asyncDispose]();
      await rm(place.dataDir, { recursive: true, force: true });
    },
  };
}
