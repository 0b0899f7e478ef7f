/** When the database file is written anew to take erased data out of it, and what is left to do it later. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openTestStore } from 'colloquy-testkit/stores';
import { conversationScope } from '../../../src/auth/scopes.ts';
import { newId } from '../../../src/domain/ids.ts';
import { catchUp } from '../../../src/store/search/indexer.ts';
import { hasPending } from '../../../src/store/search/pending.ts';
import { type CompactionState, mayCompact } from '../../../src/store/sqlite/scrubber.ts';

const mebibyte = 1024 * 1024;
const hour = 3_600_000;
const calm: CompactionState = {
  bytes: 10 * mebibyte,
  waitingMs: 0,
  sinceLastMs: Number.POSITIVE_INFINITY,
  isQuiet: true,
  isAsked: false,
  isClosing: false,
};

const cases: readonly (readonly [string, Partial<CompactionState>, boolean])[] = [
  ['a small file, nobody streams', {}, true],
  ['a small file, somebody streams', { isQuiet: false }, false],
  ['a small file, somebody streams, and who erased waits', { isQuiet: false, isAsked: true }, true],
  ['a small file that has waited', { isQuiet: false, waitingMs: hour }, true],
  ['a moment after the last time', { isAsked: true, sinceLastMs: 9_999 }, false],
  ['a large file', { bytes: 100 * mebibyte, isAsked: true }, false],
  ['a large file that has waited, nobody streams', { bytes: 100 * mebibyte, waitingMs: hour }, true],
  ['a large file, somebody streams', { bytes: 100 * mebibyte, waitingMs: hour, isQuiet: false }, false],
  ['a large file after a day', { bytes: 100 * mebibyte, waitingMs: 24 * hour, isQuiet: false }, true],
  ['a large file when the server stops', { bytes: 100 * mebibyte, isClosing: true, sinceLastMs: 1 }, true],
  ['a huge file when the server stops', { bytes: 2048 * mebibyte, isClosing: true }, false],
];

for (const [name, state, expected] of cases) {
  test(`${name}: ${expected ? 'now' : 'later'}`, () => {
    assert.equal(mayCompact({ ...calm, ...state }), expected);
  });
}

test('what erased rows left is taken out of the file, and the note of it goes', async () => {
  await using place = await openTestStore('sqlite');
  const { store } = place;
  const now = Date.now();
  const organizationId = newId();
  await store.execute('createOrganization', { id: organizationId, name: 'a', now });
  const scope = conversationScope(organizationId, 'prod');
  const ids: string[] = [];
  for (let n = 0; n < 600; n += 1) {
    const id = newId();
    const title = `${n % 5 === 0 ? 'Geheimnis' : 'Alltag'} ${'x'.repeat((n * 31) % 200)}`;
    await store.execute('createConversation', { scope, id, title, isArchived: false, now });
    ids.push(id);
    // Rows that grow are moved from page to page.
    const earlier = ids[n - 7];
    if (earlier !== undefined && (n - 7) % 5 > 0) {
      const changes = { title: `Alltag ${'y'.repeat((n * 53) % 240)}` };
      await store.execute('updateConversation', { scope, id: earlier, changes, now });
    }
  }
  assert.ok(
    (await store.search(scope, 'Geheimnis', { isArchived: undefined, limit: 5, offset: 0 })).length > 0,
  );
  while (await hasPending(store.reads)) await catchUp(store);
  const count = async (word: string): Promise<number> => {
    let found = 0;
    for (const name of ['colloquy.db', 'colloquy.db-wal']) {
      const bytes = await readFile(join(place.dataDir, name));
      for (let at = bytes.indexOf(word); at >= 0; at = bytes.indexOf(word, at + 1)) found += 1;
    }
    return found;
  };
  for (const [n, id] of ids.entries()) {
    if (n % 5 === 0) await store.execute('deleteConversation', { scope, id, now });
  }
  assert.ok((await count('Geheimnis')) > 0, 'there was something to take out');
  assert.deepEqual(await store.scrub(), []);
  assert.equal(await count('Geheimnis'), 0);
  assert.ok((await count('Alltag')) > 0);
  assert.equal(await store.reads.selectFrom('erasure').selectAll().executeTakeFirst(), undefined);
  const search = (query: string) =>
    store.search(scope, query, { isArchived: undefined, limit: 5, offset: 0 });
  assert.deepEqual([(await search('Alltag')).length, (await search('Geheimnis')).length], [5, 0]);
});

test('a reader that has not gone on is waited for by nobody, and said', async () => {
  await using place = await openTestStore('sqlite');
  const { store } = place;
  const now = Date.now();
  const organizationId = newId();
  await store.execute('createOrganization', { id: organizationId, name: 'a', now });
  const scope = conversationScope(organizationId, 'prod');
  const id = newId();
  await store.execute('createConversation', { scope, id, title: 'Geheimnis', isArchived: false, now });
  const { DatabaseSync } = await import('node:sqlite');
  const reader = new DatabaseSync(join(place.dataDir, 'colloquy.db'), { readOnly: true });
  reader.exec('begin');
  reader.prepare('select count(*) from conversation').get();
  await store.execute('deleteConversation', { scope, id, now });
  const noted = await store.reads.selectFrom('erasure').select('first_at').executeTakeFirstOrThrow();
  assert.equal(noted.first_at, now, 'the time that the command was given');
  assert.deepEqual(await store.scrub(), ['write-ahead']);
  reader.exec('rollback');
  reader.close();
  await store.scrub();
  assert.equal((await readFile(join(place.dataDir, 'colloquy.db-wal'))).indexOf('Geheimnis'), -1);
});
