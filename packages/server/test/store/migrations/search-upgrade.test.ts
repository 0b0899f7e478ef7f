/** What an index of words had indexed is found again after an upgrade, a few texts at a time. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace } from 'colloquy-testkit/place';
import { type Kysely, sql } from 'kysely';
import { conversationScope } from '../../../src/auth/scopes.ts';
import { openStore } from '../../../src/store/open.ts';
import { indexNext } from '../../../src/store/search/indexer.ts';
import { hasPending } from '../../../src/store/search/pending.ts';
import type { StoreEngine } from '../../../src/store/store.ts';
import { makeOldDatabase, migrationsBefore, organization } from './old-database.ts';

const conversations = 60;
const idOf = (kind: string, n: number): string => `${kind}-${String(n).padStart(4, '0')}`;

/** Conversations with what the version before tokens had indexed. */
async function fill(db: Kysely<unknown>, engine: StoreEngine): Promise<void> {
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
}

onBothStores('an index from before tokens', (engine) => {
  test('is filled again newest first, goes on after a restart, and answers meanwhile', async () => {
    const place = await emptyPlace(engine);
    await makeOldDatabase(place, engine, migrationsBefore('0008-search-tokens'), (db) => fill(db, engine));
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
