/** Empty stores for tests, on either engine. */
import { rm } from 'node:fs/promises';
import { openStore } from '../../server/src/store/open.ts';
import type { Store, StoreEngine } from '../../server/src/store/store.ts';
import { emptyPlace, type Place } from './place.ts';

export interface TestStore extends AsyncDisposable, Place {
  readonly store: Store;
  /** Opens another store on the same data; `store` must be disposed before. */
  reopen(): Promise<Store>;
}

/** @throws Error if the machine has no PostgreSQL; see `emptyPlace` */
export async function openTestStore(engine: StoreEngine): Promise<TestStore> {
  const place = await emptyPlace(engine);
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
