/** The write-ahead file belongs to one database: a stopped server leaves none, and a foreign one is never replayed. */
import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { conversationScope } from '../../../src/auth/scopes.ts';
import { newId } from '../../../src/domain/ids.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { refuseForeignWriteAhead } from '../../../src/store/sqlite/write-ahead.ts';
import type { Store } from '../../../src/store/store.ts';

async function emptyDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'colloquy-write-ahead-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Makes organizations of that name; 60 of them fill the write-ahead file more than once. */
async function fill(store: Store, name: string, count: number): Promise<void> {
  for (let done = 0; done < count; done += 1)
    await store.execute('createOrganization', {
      id: newId(),
      name: name.padEnd(100_000, '.'),
      now: Date.now(),
    });
}

/** How many organizations of each name there are, in a file that is whole. */
async function namesIn(directory: string): Promise<Record<string, number>> {
  await using store = await openSqliteStore(directory);
  const rows = await store.reads.selectFrom('organization').select('name').execute();
  const database = new DatabaseSync(join(directory, 'colloquy.db'), { readOnly: true });
  assert.deepEqual({ ...database.prepare('pragma integrity_check').get() }, { integrity_check: 'ok' });
  database.close();
  const counts: Record<string, number> = {};
  for (const row of rows) {
    const name = row.name.replaceAll('.', '');
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

async function backUp(directory: string, file: string): Promise<void> {
  using database = new DatabaseSync(join(directory, 'colloquy.db'), { readOnly: true });
  await backup(database, file);
}

/** What a kill of the process leaves: the files as they are between two commits. */
async function leaveFiles(from: string, to: string): Promise<void> {
  for (const name of ['colloquy.db', 'colloquy.db-wal']) await copyFile(join(from, name), join(to, name));
}

test('a copy over the file of a stopped server is what the next one has', async (t) => {
  const directory = await emptyDirectory(t);
  const copy = join(await emptyDirectory(t), 'backup.db');
  {
    await using store = await openSqliteStore(directory);
    await fill(store, 'before', 20);
    // The thread that searches has a connection of its own.
    await store.search(conversationScope(newId(), 'prod'), 'walrus', { limit: 1, offset: 0 });
    await backUp(directory, copy);
    await fill(store, 'after', 20);
  }
  assert.deepEqual(await readdir(directory), ['colloquy.db', 'server.lock']);
  await copyFile(copy, join(directory, 'colloquy.db'));
  assert.deepEqual(await namesIn(directory), { before: 20 });
  assert.deepEqual(await readdir(directory), ['colloquy.db', 'server.lock']);
});

test('a copy over the file of a killed server is told, and neither file is changed', async (t) => {
  const [directory, killed] = [await emptyDirectory(t), await emptyDirectory(t)];
  const copy = join(killed, 'backup.db');
  await using store = await openSqliteStore(directory);
  await fill(store, 'before', 20);
  await backUp(directory, copy);
  await fill(store, 'after', 60);
  await leaveFiles(directory, killed);
  const whole = await emptyDirectory(t);
  await leaveFiles(directory, whole);
  assert.deepEqual(await namesIn(whole), { before: 20, after: 60 });

  const path = join(killed, 'colloquy.db');
  await copyFile(copy, path);
  const files = () => Promise.all([path, `${path}-wal`].map((file) => readFile(file)));
  const left = await files();
  await assert.rejects(openSqliteStore(killed), {
    name: 'UnfitDatabaseError',
    message: /colloquy\.db-wal holds changes of another database .*move the -wal file away to start/,
  });
  assert.deepEqual(await files(), left);
  await rm(`${path}-wal`);
  assert.deepEqual(await namesIn(killed), { before: 20 });
});

test('a write-ahead file without its database is told', async (t) => {
  const [directory, killed] = [await emptyDirectory(t), await emptyDirectory(t)];
  await using store = await openSqliteStore(directory);
  await fill(store, 'first', 3);
  await leaveFiles(directory, killed);
  await rm(join(killed, 'colloquy.db'));
  await assert.rejects(openSqliteStore(killed), { name: 'UnfitDatabaseError' });
});

test('a database of another server does not pass for its own', async (t) => {
  const [one, other, killed] = [await emptyDirectory(t), await emptyDirectory(t), await emptyDirectory(t)];
  await using stores = new AsyncDisposableStack();
  for (const directory of [one, other]) {
    const store = stores.use(await openSqliteStore(directory));
    await fill(store, 'some', 5);
  }
  await leaveFiles(one, killed);
  await copyFile(join(other, 'colloquy.db'), join(killed, 'colloquy.db'));
  await assert.rejects(openSqliteStore(killed), { name: 'UnfitDatabaseError' });
});

test('a copy that the write-ahead file goes on from is brought up to date by it', async (t) => {
  const [directory, killed] = [await emptyDirectory(t), await emptyDirectory(t)];
  const copy = join(killed, 'backup.db');
  await using store = await openSqliteStore(directory);
  await fill(store, 'before', 5);
  await backUp(directory, copy);
  await fill(store, 'after', 5);
  await leaveFiles(directory, killed);
  await copyFile(copy, join(killed, 'colloquy.db'));
  assert.deepEqual(await namesIn(killed), { before: 5, after: 5 });
});

test('what a killed server of an earlier version left is replayed', async (t) => {
  const [directory, killed] = [await emptyDirectory(t), await emptyDirectory(t)];
  await (await openSqliteStore(directory))[Symbol.asyncDispose]();
  using database = new DatabaseSync(join(directory, 'colloquy.db'));
  database.exec('pragma user_version = 0');
  database.exec('pragma wal_checkpoint(truncate)');
  database.exec(`insert into organization (id, name, created_at, updated_at) values ('o', 'old', 1, 1)`);
  await leaveFiles(directory, killed);
  assert.deepEqual(await namesIn(killed), { old: 1 });
});

test('after kills at any moment, what lies there is taken up', async (t) => {
  const directory = await emptyDirectory(t);
  await using store = await openSqliteStore(directory);
  const path = join(await emptyDirectory(t), 'colloquy.db');
  for (let round = 1; round <= 25; round += 1) {
    await fill(store, 'some', 3);
    await rm(`${path}-shm`, { force: true });
    await leaveFiles(directory, dirname(path));
    refuseForeignWriteAhead(path);
    using database = new DatabaseSync(path);
    const { count } = database.prepare('select count(*) as count from organization').get() as {
      count: number;
    };
    assert.equal(count, 3 * round);
  }
});
