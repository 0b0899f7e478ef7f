/** Opens stores that no server runs on, for commands that read or fill them as a whole. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { databaseNow } from '../clock.ts';
import { types } from '../postgres/types.ts';
import { kyselyOn, openForReading, openForWriting } from '../sqlite/database.ts';
import { DataDirectoryInUseError, lockForServer } from '../sqlite/server-lock.ts';
import { refuseForeignWriteAhead } from '../sqlite/write-ahead.ts';
import type { Database, StoreEngine, Tables } from '../tables.ts';
import { TransferError } from './copy-store.ts';

/** SQLite in `dataDir` unless there is a `databaseUrl`. */
export interface StorePlace {
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
}

export interface OpenedStore extends AsyncDisposable {
  readonly engine: StoreEngine;
  readonly db: Database;
  /** The connection that `db` uses, on SQLite. */
  readonly file: DatabaseSync | undefined;
}

export function databasePath({ dataDir }: StorePlace): string {
  return join(dataDir, 'colloquy.db');
}

/** Keeps servers away from the directory until it is disposed. @throws DataDirectoryInUseError */
export function lockPlace({ dataDir }: StorePlace): Disposable {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return lockForServer(join(dataDir, 'server.lock'), dataDir);
}

/** @throws TransferError if there is none; UnfitDatabaseError; DataDirectoryInUseError */
export async function openStopped(place: StorePlace): Promise<OpenedStore> {
  if (place.databaseUrl !== undefined) {
    const store = openPostgres(place.databaseUrl);
    try {
      await refuseRunning(store.db);
      return store;
    } catch (error) {
      await store[Symbol.asyncDispose]();
      throw error;
    }
  }
  requireFile(place);
  const lock = lockPlace(place);
  try {
    refuseForeignWriteAhead(databasePath(place));
    return sqliteStore(openForWriting(databasePath(place)), lock);
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/** Opens the store for reads, whether a server runs on it or not. @throws TransferError if there is none */
export async function openForReads(place: StorePlace): Promise<OpenedStore> {
  if (place.databaseUrl !== undefined) return openPostgres(place.databaseUrl);
  requireFile(place);
  try {
    return await openStopped(place);
  } catch (error) {
    if (!(error instanceof DataDirectoryInUseError)) throw error;
    return sqliteStore(openForReading(databasePath(place)));
  }
}

export function sqliteStore(file: DatabaseSync, lock?: Disposable): OpenedStore {
  const db = kyselyOn(file);
  return {
    engine: 'sqlite',
    db,
    file,
    async [Symbol.asyncDispose]() {
      await db.destroy();
      if (file.isOpen) file.close();
      lock?.[Symbol.dispose]();
    },
  };
}

export function openPostgres(url: string): OpenedStore {
  const pool = new pg.Pool({ connectionString: url, max: 1, types });
  // A connection that breaks while it is idle is replaced.
  pool.on('error', () => {});
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return { engine: 'postgres', db, file: undefined, [Symbol.asyncDispose]: () => db.destroy() };
}

/** @throws TransferError if a server has a lease on this PostgreSQL database */
export async function refuseRunning(db: Database): Promise<void> {
  const tables = await db.introspection.getTables();
  if (!tables.some(({ name }) => name === 'owner')) return;
  const { rows } = await sql<{ count: number }>`select count(*) as count from owner
    where fenced_at is null and lease_until > ${databaseNow('postgres')}`.execute(db);
  if (Number(rows[0]?.count) === 0) return;
  throw new TransferError('a Colloquy server is running on the PostgreSQL database; stop it first');
}

/** Opens the store for small writes; undefined beside a server on SQLite, which alone writes its file. */
export async function openForNotes(place: StorePlace): Promise<OpenedStore | undefined> {
  if (place.databaseUrl !== undefined) return openPostgres(place.databaseUrl);
  try {
    return await openStopped(place);
  } catch (error) {
    if (!(error instanceof DataDirectoryInUseError)) throw error;
    return undefined;
  }
}

function requireFile(place: StorePlace): void {
  if (existsSync(databasePath(place))) return;
  throw new TransferError(
    `there is no database ${databasePath(place)}; set DATA_DIR or DATABASE_URL to where the data is`,
  );
}
