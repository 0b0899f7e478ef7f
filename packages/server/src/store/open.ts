/** Opens the store that the configuration asks for. What only the other engine needs is not loaded. */
import { makeDataDirectory } from './opening/data-directory.ts';
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
  if (options.databaseUrl === undefined) {
    const { openSqliteStore } = await import('./sqlite/store.ts');
    return openSqliteStore(options.dataDir, options.onUpkeepError);
  }
  // Secrets and models lie there.
  makeDataDirectory(options.dataDir);
  const { openPostgresStore } = await import('./postgres/store.ts');
  return openPostgresStore({
    url: options.databaseUrl,
    poolSize: options.poolSize,
    onConnectionError: options.onConnectionError,
  });
}
