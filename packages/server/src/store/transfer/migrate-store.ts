/** Moves a store to another place and engine: `colloquy migrate-store`. One that is cut off goes on when it runs again. */
import { existsSync } from 'node:fs';
import { sql } from 'kysely';
import { migrate, migrations } from '../migrate.ts';
import { inSnapshot } from '../reports/snapshot.ts';
import { openForWriting } from '../sqlite/database.ts';
import { beginFile, putIntoPlace, unfinishedPath } from '../sqlite/whole-file.ts';
import type { Database } from '../tables.ts';
import type { StoreContent, TableContent } from './content.ts';
import { copyStore, describeState, TransferError } from './copy-store.ts';
import {
  databasePath,
  lockPlace,
  type OpenedStore,
  openPostgres,
  openStopped,
  refuseRunning,
  type StorePlace,
  sqliteStore,
} from './place.ts';
import { TransferTarget } from './target.ts';

export type OnTable = (name: string, content: TableContent) => void;

/** @throws TransferError, UnfitDatabaseError, DataDirectoryInUseError */
export async function migrateStore(
  from: StorePlace,
  to: StorePlace,
  onTable?: OnTable,
): Promise<StoreContent> {
  await using source = await openStopped(from);
  await requirePresentSchema(source.db);
  const before = await describeState(source.db);
  const content = await inSnapshot(source.db, source.engine, (db) =>
    fill(db, to, { isReplacing: false, onTable }),
  );
  if ((await describeState(source.db)) !== before)
    throw new TransferError('a server has run on the source meanwhile; stop it and run the command again');
  return content;
}

export interface FillOptions {
  readonly isReplacing: boolean;
  readonly onTable: OnTable | undefined;
}

/** Fills a place with what `source` holds. @throws as `migrateStore` does */
export async function fill(source: Database, to: StorePlace, options: FillOptions): Promise<StoreContent> {
  if (to.databaseUrl !== undefined) {
    await using target = openPostgres(to.databaseUrl);
    await refuseRunning(target.db);
    return await fillOpened(source, target, options);
  }
  using _lock = lockPlace(to);
  if (existsSync(databasePath(to)) && !options.isReplacing)
    throw new TransferError(`${databasePath(to)} exists already; name an empty directory`);
  const path = unfinishedPath(databasePath(to));
  if (!existsSync(path)) beginFile(path);
  await using target = sqliteStore(openForWriting(path));
  const content = await fillOpened(source, target, options);
  await target[Symbol.asyncDispose]();
  putIntoPlace(path, databasePath(to));
  return content;
}

async function fillOpened(
  source: Database,
  { db, engine }: OpenedStore,
  { isReplacing, onTable }: FillOptions,
): Promise<StoreContent> {
  const target = new TransferTarget(db, engine);
  if ((await target.unfinished()) === undefined) {
    await migrate(db, engine);
    const { rows } = await sql`select 1 from organization union all select 1 from owner limit 1`.execute(db);
    if (rows.length > 0 && !isReplacing)
      throw new TransferError('the database to fill has data already; name an empty one');
  }
  return await copyStore(source, target, onTable);
}

async function requirePresentSchema(db: Database): Promise<void> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  const names = new Set(rows.map(({ name }) => name));
  const missing = Object.keys(migrations).filter((name) => !names.has(name));
  if (missing.length === 0 && names.size === Object.keys(migrations).length) return;
  throw new TransferError(
    'the source has the schema of another version of Colloquy; start this version on it once, then stop it',
  );
}
