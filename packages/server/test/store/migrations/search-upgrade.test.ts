/** What an index of words had indexed is found again after an upgrade, a few texts at a time. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace, type Place } from 'colloquy-testkit/place';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import pg from 'pg';
import { conversationScope } from '../../../src/auth/scopes.ts';
import { migrations } from '../../../src/store/migrate.ts';
import { openStore } from '../../../src/store/open.ts';
import { indexNext } from '../../../src/store/search/indexer.ts';
import { hasPending } from '../../../src/store/search/pending.ts';
import { kyselyOn, openForWriting } from '../../../src/store/sqlite/database.ts';
import type { StoreEngine } from '../../../src/store/store.ts';

const organization = '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01';
const conversations = 60;
const idOf = (kind: string, n: number): string => `${kind}-${String(n).padStart(4, '0')}`;

function connect({ databaseUrl, dataDir }: Place): Kysely<unknown> {
  if (databaseUrl === undefined) {
    return kyselyOn(openForWriting(join(dataDir, 'colloquy.db'))) as unknown as Kysely<unknown>;
  }
  return new Kysely({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: databaseUrl, max: 1 }) }),
  });
}

/** A database as it was before tokens, with what that version had indexed. */
async function makeOldDatabase(place: Place, engine: StoreEngine): Promise<void> {
  const db = connect(place);
  const old = Object.entries(migrations).filter(([name]) => name < '0008');
  const provider = {
    getMigrations: async () =>
      Object.fromEntries(old.map(([name, up]) => [name, { up: (on: Kysely<unknown>) => up(on, engine) }])),
  };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) throw error;
  await sql`insert into organization (id, name, created_at, updated_at)
    values (${organization}, 'Acme', 1, 1)`.execute(db);
  for (let n = 0; n < conversations; n += 1) {
    const [conversation, session, message] = [idOf('c', n), idOf('s', n), idOf('m', n)];
    await sql`insert into conversation (id, organization_id, environment, title, title_source, is_archived,
        next_position, is_indexed, created_at, updated_at)
      values (${conversation}, ${organization}, 'prod', ${`Title ${n}`}, 'user', 0, 1, 1, ${n}, ${n})`.execute(
      db,
    );
    await sql`insert into session (id, conversation_id, organization_id, environment, model_id, status, created_at,
        updated_at) values (${session}, ${conversation}, ${organization}, 'prod', 'm', 'active', 1, 1)`.execute(
      db,
    );
    await sql`insert into message (id, conversation_id, session_id, organization_id, environment, role, parts, text,
        position, status, is_indexed, created_at, updated_at)
      values (${message}, ${conversation}, ${session}, ${organization}, 'prod', 'user', '[]', ${`サーバー walrus${n}`},
        0, 'done', 1, 1, 1)`.execute(db);
    for (const [document, text] of [
      [null, `title ${n}`],
      [message, `walrus${n}`],
    ] as const) {
      if (engine === 'postgres') {
        await sql`insert into search_document (conversation_id, message_id, terms)
          values (${conversation}, ${document}, to_tsvector('simple', ${text}))`.execute(db);
        continue;
      }
      const { rows } = await sql<{ id: number }>`insert into search_document (conversation_id, message_id)
        values (${conversation}, ${document}) returning id`.execute(db);
      await sql`insert into search_words (rowid, title, body, owner)
        values (${rows[0]?.id}, '', ${text}, '')`.execute(db);
    }
  }
  await db.destroy();
}

onBothStores('an index from before tokens', (engine) => {
  test('is filled again newest first, goes on after a restart, and answers meanwhile', async () => {
    const place = await emptyPlace(engine);
    await makeOldDatabase(place, engine);
    const open = () => openStore({ ...place, poolSize: 2, onConnectionError: () => {} });
    const scope = conversationScope(organization, 'prod');
    const step = { maxTexts: 8, maxLength: 10_000 };
    let store = await open();
    try {
      // `search` itself takes a few steps, so the index is asked for what is pending.
      await indexNext(store, step, true);
      assert.equal(await hasPending(store.reads), true);
      const newest = `walrus${conversations - 1}`;
      const [found] = await store.search(scope, newest, { limit: 10, offset: 0 });
      assert.equal(found?.conversation.id, idOf('c', conversations - 1));
      await store[Symbol.asyncDispose]();
      store = await open();
      for (let isLast = false; !isLast; ) ({ isLast } = await indexNext(store, step, true));
      assert.equal(await hasPending(store.reads), false);
      for (let n = 0; n < conversations; n += 1) {
        const one = await store.search(scope, `ｻｰﾊﾞｰ walrus${n}`, { limit: 1000, offset: 0 });
        assert.ok(
          one.some(({ conversation }) => conversation.id === idOf('c', n)),
          String(n),
        );
      }
      const titles = await store.search(scope, 'title', { limit: 1000, offset: 0 });
      assert.equal(titles.length, conversations);
      const { rows } = await sql<{ count: number }>`select count(*) as count from search_document`.execute(
        store.reads,
      );
      // No text has two documents.
      assert.equal(Number(rows[0]?.count), 2 * conversations);
    } finally {
      await store[Symbol.asyncDispose]();
      await rm(place.dataDir, { recursive: true, force: true });
    }
  });
});
