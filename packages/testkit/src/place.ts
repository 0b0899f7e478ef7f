/** The place where a store or a server of a test keeps its data. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreEngine } from '../../server/src/store/store.ts';
import { postgresForTests } from './services.ts';

export interface Place {
  /** The place's own data directory. */
  readonly dataDir: string;
  /** The place's own PostgreSQL database; undefined for SQLite in `dataDir`. */
  readonly databaseUrl: string | undefined;
}

/**
 * Makes an empty directory, and an empty database for PostgreSQL. The caller removes the directory; the database is
 * dropped when the process ends.
 * @throws Error if the machine has no PostgreSQL; suites of `onBothStores` are skipped then
 */
export async function emptyPlace(engine: StoreEngine): Promise<Place> {
  const postgres = engine === 'postgres' ? await postgresForTests() : { url: undefined };
  if ('skip' in postgres) throw new Error(postgres.skip);
  return { dataDir: await mkdtemp(join(tmpdir(), 'colloquy-test-')), databaseUrl: postgres.url };
}
