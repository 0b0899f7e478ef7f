/** All data move between the engines, and a move that is cut off goes on. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace, type Place } from 'colloquy-testkit/place';
import { startTestServer } from 'colloquy-testkit/server';
import { conversationScope } from '../../../src/auth/scopes.ts';
import { newId } from '../../../src/domain/ids.ts';
import { openStore } from '../../../src/store/open.ts';
import { expectedSchema } from '../../../src/store/schema/check-schema.ts';
import type { Store } from '../../../src/store/store.ts';
import { carriedTables } from '../../../src/store/transfer/carried-tables.ts';
import { readContent, type StoreContent } from '../../../src/store/transfer/content.ts';
import { migrateStore } from '../../../src/store/transfer/migrate-store.ts';

test('every table and column is carried, but the search index', () => {
  const carried = new Set(
    carriedTables().flatMap(({ name, columns }) => columns.map((column) => `column ${name}.${column}`)),
  );
  for (const engine of ['sqlite', 'postgres'] as const) {
    const left = Object.keys(expectedSchema(engine)).filter(
      (part) => part.startsWith('column ') && !carried.has(part),
    );
    assert.deepEqual(
      left.filter((part) => !part.startsWith('column search_document.')),
      [],
      engine,
    );
  }
});

async function place(t: TestContext, engine: 'sqlite' | 'postgres'): Promise<Place> {
  const made = await emptyPlace(engine);
  t.after(() => rm(made.dataDir, { recursive: true, force: true }));
  return made;
}

function openAt(at: Place): Promise<Store> {
  return openStore({ ...at, poolSize: 2, onConnectionError: () => {} });
}

onBothStores('moving from', (engine) => {
  const other = engine === 'sqlite' ? 'postgres' : 'sqlite';

  test('a server’s data to the other engine and back leaves them the same', async (t) => {
    const [from, through, to] = [await place(t, engine), await place(t, other), await place(t, engine)];
    const organizationId = newId();
    const scope = conversationScope(organizationId, 'prod');
    {
      await using store = await openAt(from);
      await store.execute('createOrganization', {
        id: organizationId,
        name: 'Ünï "quoted"',
        now: Date.now(),
      });
      const conversations = Array.from({ length: 603 }, (_, n) =>
        store.execute('createConversation', {
          scope,
          id: newId(),
          title: `walrus ${n}`,
          isArchived: n % 2 === 0,
          now: Date.now(),
        }),
      );
      await Promise.all(conversations);
    }
    let told = 0;
    const cutOff = (name: string): void => {
      told += 1;
      if (name === 'conversation') throw new Error('cut off');
    };
    await assert.rejects(migrateStore(from, through, cutOff), /cut off/);
    if (other === 'sqlite') assert.ok(!existsSync(join(through.dataDir, 'colloquy.db')));
    else await assert.rejects(openAt(through), { name: 'UnfitDatabaseError', message: /filled in part/ });
    const first = await migrateStore(from, through);
    assert.ok(told > 0);
    const second = await migrateStore(through, to);
    assert.deepEqual(second, first);
    assert.equal(first.conversation?.rows, 603);
    await assert.rejects(migrateStore(from, to), /exists already|has data already/);
    await using store = await openAt(to);
    const found: StoreContent = await readContent(store.reads, carriedTables());
    assert.deepEqual(found, first);
    for (;;) {
      const { isLast, texts } = await store.prepareSearchIndex({ maxTexts: 500, maxLength: 1_000_000 });
      await store.execute('indexSearch', { texts, marksRefused: true });
      if (isLast) break;
    }
    const hits = await store.search(scope, 'walrus', { isArchived: undefined, limit: 5, offset: 0 });
    assert.equal(hits.length, 5);
    // Numbers that the database gives go on behind those that were copied, and the triggers work.
    await store.execute('createConversation', {
      scope,
      id: newId(),
      title: 'new',
      isArchived: false,
      now: 1,
    });
  });

  test('a server that runs is refused', async (t) => {
    await using server = await startTestServer(engine);
    const to = await place(t, other);
    await assert.rejects(migrateStore(server.place, to), /server is running/);
    await assert.rejects(
      migrateStore(to, server.place),
      /there is no database|schema of another version|relation|running/,
    );
  });
});
