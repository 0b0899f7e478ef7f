/** A backup of a server under load holds every message that was acknowledged before, restored by command and by `cp`. */
import assert from 'node:assert/strict';
import { copyFile, mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace, type Place } from 'colloquy-testkit/place';
import { startTestServer } from 'colloquy-testkit/server';
import { makeBackup, restoreBackup } from '../../../src/store/backup/backup.ts';
import { openStore } from '../../../src/store/open.ts';

async function emptyDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'colloquy-backup-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function textsIn(place: Place): Promise<ReadonlySet<string>> {
  await using store = await openStore({ ...place, poolSize: 2, onConnectionError: () => {} });
  return new Set((await store.reads.selectFrom('message').select('text').execute()).map(({ text }) => text));
}

onBothStores('a backup under load', (engine) => {
  test('has what was acknowledged before it, wherever it is restored', async (t) => {
    const acknowledged: string[] = [];
    const file = join(await emptyDirectory(t), 'backup.db');
    {
      await using server = await startTestServer(engine);
      let isLoaded = true;
      const talk = async (talker: number): Promise<void> => {
        for (let turn = 1; isLoaded; turn += 1) {
          const message = `question ${talker}.${turn}`;
          const answer = await fetch(`${server.url}/api/chat/completion`, {
            method: 'POST',
            headers: { 'X-API-Key': server.prodKey, 'Content-Type': 'application/json' },
            body: JSON.stringify({ message }),
          });
          assert.equal(answer.status, 200, await answer.text());
          acknowledged.push(message);
          if (acknowledged.length === 30) begun.resolve();
        }
      };
      const begun = Promise.withResolvers<void>();
      const talking = Promise.all([1, 2, 3, 4].map(talk));
      await begun.promise;
      const before = [...acknowledged];
      const made = await makeBackup(server.place, file, { isReplacing: false });
      isLoaded = false;
      await talking;
      assert.equal((await stat(file)).mode & 0o777, 0o600);
      assert.ok((made.content.message?.rows ?? 0) >= before.length);
      acknowledged.splice(0, acknowledged.length, ...before);
    }
    assert.deepEqual(await readdir(join(file, '..')), ['backup.db']);

    const copied = await emptyDirectory(t);
    await copyFile(file, join(copied, 'colloquy.db'));
    const places: Place[] = [{ dataDir: copied, databaseUrl: undefined }];
    for (const to of engine === 'sqlite' ? (['sqlite'] as const) : (['sqlite', 'postgres'] as const)) {
      const place = await emptyPlace(to);
      t.after(() => rm(place.dataDir, { recursive: true, force: true }));
      await restoreBackup(file, place, { isReplacing: false });
      await assert.rejects(restoreBackup(file, place, { isReplacing: false }), { name: 'TransferError' });
      await restoreBackup(file, place, { isReplacing: true });
      places.push(place);
    }
    for (const place of places) {
      const texts = await textsIn(place);
      for (const message of acknowledged) assert.ok(texts.has(message), message);
    }
  });
});

test('a damaged backup, another database and what is no database are told, and nothing is changed', async (t) => {
  const directory = await emptyDirectory(t);
  const file = join(directory, 'backup.db');
  const from = await emptyPlace('sqlite');
  t.after(() => rm(from.dataDir, { recursive: true, force: true }));
  const store = await openStore({ ...from, poolSize: 2, onConnectionError: () => {} });
  await store.execute('createOrganization', { id: 'o', name: 'a name to look for', now: 1 });
  await makeBackup(from, file, { isReplacing: false });
  await assert.rejects(makeBackup(from, file, { isReplacing: false }), /exists already/);
  await assert.rejects(
    restoreBackup(file, from, { isReplacing: true }),
    /another Colloquy server is running/,
  );
  await store[Symbol.asyncDispose]();

  const to = { dataDir: join(directory, 'to'), databaseUrl: undefined };
  const damaged = join(directory, 'damaged.db');
  await copyFile(file, damaged);
  const handle = await open(damaged, 'r+');
  const at = (await handle.readFile()).indexOf('a name to look for');
  await handle.write(Buffer.from('b'), 0, 1, at);
  await handle.close();
  await assert.rejects(
    restoreBackup(damaged, to, { isReplacing: false }),
    /is damaged: organization has rows that differ/,
  );
  const text = new URL(import.meta.url).pathname;
  await assert.rejects(restoreBackup(text, to, { isReplacing: false }), /it is no SQLite database/);
  await assert.rejects(
    restoreBackup(join(from.dataDir, 'server.lock'), to, { isReplacing: false }),
    /is not a backup/,
  );
  assert.deepEqual(await readdir(to.dataDir), ['server.lock']);
  await restoreBackup(file, to, { isReplacing: false });
  assert.deepEqual(await readdir(to.dataDir), ['colloquy.db', 'server.lock']);
});
