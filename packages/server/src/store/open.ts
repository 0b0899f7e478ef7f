/** Opens the store that the configuration asks for. */
import { makeDataDirectory } from './opening/data-directory.ts';
import { openPostgresStore } from './postgres/store.ts';
import { openSqliteStore } from './sqlite/store.ts';
import type { Store } from './store.ts';

export interface StoreOptions {
  readonly dataDir: string;
  /** `postgres://…`; absent: SQLite in `dataDir`. */
  readonly databaseUrl: string | undefined;
  readonly poolSize: number;
  onConnectionError(error: Error): void;
  /** Called when a step in the background failed, which is tried again later. */
  readonly onUpkeepError?: (error: unknown) => void;
}

export async function openStore(options: StoreOptions): Promise<Store> {
  if (options.databaseUrl === undefined) return openSqliteStore(options.dataDir, options.onUpkeepError);
  // Secrets and models lie there.
  makeDataDirectory(options.dataDir);
  return openPostgresStore({
    url: options.databaseUrl,
    poolSize: options.poolSize,
    onConnectionError: options.onConnectionError,
  });
}
