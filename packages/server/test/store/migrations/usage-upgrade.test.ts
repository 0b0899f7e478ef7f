/** Calls of a database from before rollups are added up after its upgrade, with the times of their generations. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace } from 'colloquy-testkit/place';
import { type Kysely, sql } from 'kysely';
import { openStore } from '../../../src/store/open.ts';
import { makeOldDatabase, migrationsBefore, organization } from './old-database.ts';

/** Generations that were started at 1000, got their first token at 1100 and ended at 1500, with a call each. */
async function fill(db: Kysely<unknown>): Promise<void> {
  await sql`insert into conversation (id, organization_id, environment, title, title_source, is_archived,
      next_position, created_at, updated_at)
    values ('c', ${organization}, 'prod', 'Title', 'user', 0, 1, 1, 1)`.execute(db);
  for (const status of ['done', 'failed', 'cancelled']) {
    await sql`insert into generation (id, organization_id, environment, conversation_id, session_id, reply_to, attempt,
        message_id, model_id, model_name, provider, dialect, status, parameters, created_at, started_at,
        first_token_at, finished_at)
      values (${status}, ${organization}, 'prod', 'c', 's', ${status}, 1, ${status}, 'm', 'M', 'openai', 'chat', ${status},
        '{}', 900, 1000, ${status === 'failed' ? null : 1100}, 1500)`.execute(db);
    await sql`insert into model_call (id, generation_id, organization_id, environment, model_id, purpose, prompt_tokens,
        completion_tokens, provenance, created_at, is_request)
      values (${`call-${status}`}, ${status}, ${organization}, 'prod', 'm', 'answer', 1, 2, 'reported', 1500,
        ${status === 'done' ? null : 1})`.execute(db);
  }
  // A call that belongs to no generation has no times.
  await sql`insert into model_call (id, generation_id, organization_id, environment, model_id, purpose, prompt_tokens,
      completion_tokens, provenance, created_at)
    values ('call-title', null, ${organization}, 'prod', 'm', 'title', 1, 2, 'reported', 1500)`.execute(db);
}

onBothStores('calls from before rollups', (engine) => {
  test('are added up once after the upgrade', async () => {
    const place = await emptyPlace(engine);
    await makeOldDatabase(place, engine, migrationsBefore('0013-usage-rollups'), fill);
    const store = await openStore({ ...place, poolSize: 2, onConnectionError: () => {} });
    try {
      const first = await store.execute('addUpUsage', { limit: 3 });
      assert.deepEqual(first, { added: 3, isLast: false });
      assert.deepEqual(await store.execute('addUpUsage', { limit: 3 }), { added: 1, isLast: true });
      const rows = await store.reads.selectFrom('usage_rollup').selectAll().orderBy('purpose').execute();
      assert.deepEqual(
        rows.map(({ purpose, calls, requests, first_token, duration }) => {
          return { purpose, calls, requests, first_token, duration };
        }),
        [
          // 100 ms lie in one bucket, 500 ms in another one.
          { purpose: 'answer', calls: 3, requests: 3, first_token: '17:2', duration: '25:1' },
          { purpose: 'title', calls: 1, requests: 0, first_token: '', duration: '' },
        ],
      );
    } finally {
      await store[Symbol.asyncDispose]();
      await rm(place.dataDir, { recursive: true, force: true });
    }
  });
});
