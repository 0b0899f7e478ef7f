/** Who may read the files of the embedded store. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';

const isWindows = process.platform === 'win32';

test('only its owner, also in a directory that is open to everybody', {
  skip: isWindows && 'no modes',
}, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'colloquy-modes-'));
  await chmod(directory, 0o755);
  const umask = process.umask(0);
  t.after(async () => {
    process.umask(umask);
    await rm(directory, { recursive: true, force: true });
  });
  const files = ['colloquy.db', 'colloquy.db-wal', 'colloquy.db-shm'].map((name) => join(directory, name));
  const modes = () => Promise.all(files.map(async (file) => (await stat(file)).mode & 0o777));
  {
    await using store = await openSqliteStore(directory);
    assert.ok(await store.isReady());
    assert.deepEqual(await modes(), [0o600, 0o600, 0o600]);
  }
  await chmod(files[0] ?? '', 0o664);
  await using store = await openSqliteStore(directory);
  assert.ok(await store.isReady());
  const [database = 0, ...others] = await modes();
  assert.equal(database, 0o660);
  for (const mode of others) assert.equal(mode & 0o007, 0);
});
