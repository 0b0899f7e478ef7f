/**
 * Backups. A backup is one SQLite database, whatever engine the store has: a copy of the file's pages, or, of PostgreSQL,
 * the rows of one snapshot. It holds counts and hashes of its tables, so that a damaged one is never restored.
 */
import { copyFileSync, existsSync, rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { backup, type DatabaseSync } from 'node:sqlite';
import { migrate } from '../migrate.ts';
import { inSnapshot } from '../reports/snapshot.ts';
import { openForWriting } from '../sqlite/database.ts';
import { beginFile, openWholeFile, putIntoPlace, unfinishedPath } from '../sqlite/whole-file.ts';
import { carriedTables } from '../transfer/carried-tables.ts';
import { differences, readContent, type StoreContent } from '../transfer/content.ts';
import { copyStore, TransferError } from '../transfer/copy-store.ts';
import { fill } from '../transfer/migrate-store.ts';
import {
  databasePath,
  lockPlace,
  openForNotes,
  openForReads,
  type StorePlace,
  sqliteStore,
} from '../transfer/place.ts';
import { TransferTarget } from '../transfer/target.ts';
import { writeLastBackup } from './last-backup.ts';

export interface BackupMade {
  readonly file: string;
  readonly bytes: number;
  readonly content: StoreContent;
}

export interface FileOptions {
  /** Whether what lies there may be replaced. */
  readonly isReplacing: boolean;
}

/** More pages than any database has: in one step, so that commits of a running server do not make it begin anew. */
const allPages = 2 ** 31 - 1;
const manifest = 'backup_manifest';

/**
 * Writes a backup of a store, whether a server runs on it or not.
 * @throws TransferError, UnfitDatabaseError
 */
export async function makeBackup(
  place: StorePlace,
  to: string,
  { isReplacing }: FileOptions,
): Promise<BackupMade> {
  const file = resolve(to);
  if (existsSync(file) && !isReplacing) throw new TransferError(`${file} exists already`);
  const unfinished = unfinishedPath(file);
  await using source = await openForReads(place);
  beginFile(unfinished);
  try {
    if (source.file !== undefined) await backup(source.file, unfinished, { rate: allPages });
    else {
      await using target = sqliteStore(openForWriting(unfinished));
      await migrate(target.db, 'sqlite');
      await inSnapshot(source.db, 'postgres', (db) => copyStore(db, new TransferTarget(target.db, 'sqlite')));
    }
    const content = await seal(unfinished);
    if (existsSync(file)) rmSync(file);
    putIntoPlace(unfinished, file);
    return { file, bytes: statSync(file).size, content };
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/**
 * Notes in the store that a backup of it was made, where it can: not beside a server on SQLite, which alone writes its
 * file. Gives whether it did.
 */
export async function noteBackupMade(place: StorePlace, { file, bytes }: BackupMade): Promise<boolean> {
  await using store = await openForNotes(place);
  if (store === undefined) return false;
  await writeLastBackup(store.db, { file, bytes, endedAt: Date.now(), error: null });
  return true;
}

/** Checks the file and writes into it what it holds. */
async function seal(path: string): Promise<StoreContent> {
  await using opened = sqliteStore(openWholeFile(path));
  requireIntact(opened.file, path);
  const content = await readContent(opened.db, carriedTables());
  opened.file?.exec(`drop table if exists ${manifest}`);
  opened.file?.exec(`create table ${manifest} (content text not null)`);
  const columns = Object.fromEntries(carriedTables().map(({ name, columns }) => [name, columns]));
  opened.file?.prepare(`insert into ${manifest} values (?)`).run(JSON.stringify({ content, columns }));
  return content;
}

/**
 * Puts what a backup holds into a place that no server runs on. A copy of a stopped server's database will do as a
 * backup; only whether it is intact can be checked then.
 * @throws TransferError, UnfitDatabaseError, DataDirectoryInUseError
 */
export async function restoreBackup(from: string, place: StorePlace, options: FileOptions): Promise<void> {
  const path = databasePath(place);
  if (!existsSync(from)) throw new TransferError(`there is no file ${from}`);
  using _lock = lockPlace(place);
  if (place.databaseUrl === undefined && existsSync(path) && !options.isReplacing)
    throw new TransferError(`${path} exists already; --replace keeps it as ${path}.replaced`);
  const unfinished = unfinishedPath(`${path}.restored`);
  beginFile(unfinished);
  try {
    copyFileSync(from, unfinished);
    await verify(unfinished, from);
    await using copy = sqliteStore(openForWriting(unfinished));
    await migrate(copy.db, 'sqlite');
    if (place.databaseUrl !== undefined) {
      await fill(copy.db, place, { ...options, onTable: undefined });
      return;
    }
    await copy[Symbol.asyncDispose]();
    putIntoPlace(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

async function verify(path: string, from: string): Promise<void> {
  let database: DatabaseSync;
  try {
    database = openWholeFile(path);
  } catch {
    throw new TransferError(`${from} is not a backup: it is no SQLite database`);
  }
  await using opened = sqliteStore(database);
  requireIntact(database, from);
  const names = database.prepare(`select name from sqlite_master where type = 'table'`).all();
  const has = (table: string): boolean => names.some(({ name }) => name === table);
  if (!has('kysely_migration') || !has('message'))
    throw new TransferError(`${from} is not a backup of Colloquy: its tables are missing`);
  if (!has(manifest)) return;
  const row = database.prepare(`select content from ${manifest}`).get() as { content: string } | undefined;
  const { content, columns } = JSON.parse(row?.content ?? '{}') as {
    readonly content: StoreContent;
    readonly columns: Readonly<Record<string, readonly string[]>>;
  };
  const tables = carriedTables()
    .filter(({ name }) => Object.hasOwn(columns, name))
    .map((table) => ({ ...table, columns: columns[table.name] ?? [] }));
  const problems = differences(content, await readContent(opened.db, tables));
  if (problems.length > 0) throw new TransferError(`${from} is damaged: ${problems.join(', ')}`);
  database.exec(`drop table ${manifest}`);
}

function requireIntact(database: DatabaseSync | undefined, file: string): void {
  const rows = (database?.prepare('pragma integrity_check').all() ?? []) as { integrity_check: string }[];
  const [first] = rows;
  if (first?.integrity_check !== 'ok')
    throw new TransferError(`${file} is damaged: ${first?.integrity_check ?? 'it can’t be read'}`);
}
