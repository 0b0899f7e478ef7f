/** Where a store or a server of a test keeps its data. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreEngine } from '../../server/src/store/store.ts';
import { postgresForTests } from './services.ts';

export interface Place {
  /** A directory of its own. */
  readonly dataDir: string;
  /** A database of its own; undefined: SQLite in `dataDir`. */
  readonly databaseUrl: string | undefined;
}

/**
 * An empty directory, and an empty database for PostgreSQL. Its user removes the directory; the database is dropped
 * when the process ends.
 * @throws Error where the machine has no PostgreSQL; what `onBothStores` defines is skipped there
 */
export async function emptyPlace(engine: StoreEngine): Promise<Place> {
  const postgres = engine === 'postgres' ? await postgresForTests() : { url: undefined };
  if ('skip' in postgres) throw new Error(postgres.skip);
  return { dataDir: await mkdtemp(join(tmpdir(), 'colloquy-test-')), databaseUrl: postgres.url };
}
