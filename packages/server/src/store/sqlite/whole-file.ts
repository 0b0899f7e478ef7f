/** A database file that is written beside its place, and put there once it is whole. */
import { randomInt } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Where the file of `path` lies until it is whole. */
export function unfinishedPath(path: string): string {
  return `${path}.unfinished`;
}

/** Makes an empty file that only its owner reads; what an earlier try left is deleted. */
export function beginFile(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${path}${suffix}`, { force: true });
  closeSync(openSync(path, 'wx', 0o600));
}

/** Opens the file so that nothing lies beside it, with a number of its own (`write-ahead.ts`). */
export function openWholeFile(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec('pragma journal_mode = delete');
  database.exec(`pragma user_version = ${randomInt(1, 2 ** 30)}`);
  return database;
}

/** Moves a closed file to its place; what lies there gets the name `<path>.replaced`. It survives a power cut. */
export function putIntoPlace(unfinished: string, path: string): void {
  openWholeFile(unfinished).close();
  sync(unfinished);
  for (const suffix of ['', '-wal', '-shm']) {
    rmSync(`${path}.replaced${suffix}`, { force: true });
    if (existsSync(`${path}${suffix}`)) renameSync(`${path}${suffix}`, `${path}.replaced${suffix}`);
  }
  renameSync(unfinished, path);
  if (process.platform !== 'win32') sync(dirname(path));
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  fsyncSync(file);
  closeSync(file);
}
