/** `POST /api/admin/backup`: a running server makes a backup, and its health tells of it. */
import assert from 'node:assert/strict';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace } from 'colloquy-testkit/place';
import { startTestServer } from 'colloquy-testkit/server';
import { administer, adminKey } from 'colloquy-testkit/tenants';
import { makeBackup, noteBackupMade, restoreBackup } from '../../../../src/store/backup/backup.ts';
import { openStore } from '../../../../src/store/open.ts';

interface Shown {
  readonly file: string;
  readonly ok: boolean;
  readonly bytes: number | null;
  readonly error: string | null;
  readonly succeeded_at: string | null;
}

const lastOf = async (url: string): Promise<Shown | null> =>
  (await administer<{ last_backup: Shown | null }>(url, 'GET', '/health')).last_backup;

async function ask(url: string, body: object) {
  const answer = await fetch(`${url}/api/admin/backup`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, location: answer.headers.get('location'), body: await answer.json() };
}

/** Resolves once the health tells of this file. */
async function ended(url: string, file: string): Promise<Shown> {
  for (const signal = AbortSignal.timeout(60_000); ; signal.throwIfAborted()) {
    const last = await lastOf(url);
    if (last?.file === file) return last;
    await setTimeout(20);
  }
}

onBothStores('backups of a running server', (engine) => {
  test('one is made, told of on every replica, and can be restored', async (t) => {
    await using server = await startTestServer(engine);
    const { url, place } = server;
    const directory = join(place.dataDir, 'backups');
    assert.equal(await lastOf(url), null);
    assert.doesNotMatch(await (await fetch(`${url}/metrics`)).text(), /^colloquy_last_backup.* \d/m);
    for (const file of ['', '../a.db', 'a/b.db', '.db', 'a.txt', 'a.db-wal', 'a.db\n', 7, null]) {
      const { status, body } = await ask(url, { file });
      assert.deepEqual([status, body.field], [400, 'file'], String(file));
    }

    const file = join(directory, 'first.db');
    const begun = await ask(url, { file: 'first.db' });
    assert.deepEqual([begun.status, begun.location, begun.body.file], [202, '/api/admin/health', file]);
    const made = await ended(url, file);
    const { size, mode } = await stat(file);
    assert.deepEqual(
      { ok: made.ok, bytes: made.bytes, error: made.error },
      { ok: true, bytes: size, error: null },
    );
    assert.equal(mode & 0o777, 0o600);
    assert.deepEqual(await readdir(directory), ['first.db']);
    assert.match(await (await fetch(`${url}/metrics`)).text(), /^colloquy_last_backup_timestamp_seconds \d/m);
    const { data } = await administer<{ data: { action: string; subject: object }[] }>(
      url,
      'GET',
      '/audit?action=backup.create',
    );
    assert.deepEqual(
      data.map(({ subject }) => subject),
      [{ kind: 'backup', id: 'first.db' }],
    );

    const again = await ask(url, { file: 'first.db' });
    assert.equal(again.status, 409);
    assert.match(JSON.stringify(again.body), /first\.db exists already/);

    // What fails is told, and when the last good one was.
    await rm(directory, { recursive: true });
    await mkdir(directory);
    await mkdir(join(directory, 'second.db.unfinished'));
    const second = join(directory, 'second.db');
    assert.equal((await ask(url, { file: 'second.db' })).status, 202);
    const failed = await ended(url, second);
    assert.equal(failed.ok, false);
    assert.ok(failed.error !== null && failed.error !== '');
    assert.equal(failed.succeeded_at, made.succeeded_at);

    const to = await emptyPlace(engine);
    t.after(() => rm(to.dataDir, { recursive: true, force: true }));
    assert.equal((await ask(url, { file: 'third.db' })).status, 202);
    await ended(url, join(directory, 'third.db'));
    await restoreBackup(join(directory, 'third.db'), to, { isReplacing: false });
    await using restored = await openStore({ ...to, poolSize: 2, onConnectionError: () => {} });
    const { name } = await restored.reads.selectFrom('organization').select('name').executeTakeFirstOrThrow();
    assert.ok(name);
    if (engine === 'sqlite') return;
    await using replica = await server.replica();
    assert.equal((await lastOf(replica.url))?.file, join(directory, 'third.db'));
  });

  test('one at a time, on all servers of a store', async () => {
    await using server = await startTestServer(engine);
    const holder = { name: 'backup', holder: 'another server' };
    await server.server.store.execute('takeJob', { ...holder, leaseMs: 600_000 });
    const refused = await ask(server.url, { file: 'a.db' });
    assert.equal(refused.status, 409);
    assert.match(JSON.stringify(refused.body), /another backup is being made/);
    await server.server.store.execute('takeJob', { ...holder, leaseMs: 0 });
    const file = join(server.place.dataDir, 'backups', 'a.db');
    const both = await Promise.all([ask(server.url, { file: 'a.db' }), ask(server.url, { file: 'b.db' })]);
    assert.deepEqual(both.map(({ status }) => status).toSorted(), [202, 409]);
    const { body } = both.find(({ status }) => status === 202) ?? assert.fail();
    assert.ok([file, join(server.place.dataDir, 'backups', 'b.db')].includes(body.file));
    await ended(server.url, body.file);
  });

  test('the command’s is told of where no server has the file to itself', async () => {
    await using server = await startTestServer(engine);
    const file = join(server.place.dataDir, 'command.db');
    const made = await makeBackup(server.place, file, { isReplacing: false });
    const isNoted = await noteBackupMade(server.place, made);
    assert.equal(isNoted, engine === 'postgres');
    assert.equal((await lastOf(server.url))?.file, isNoted ? file : undefined);
  });
});
