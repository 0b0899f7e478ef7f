/** `colloquy check` finds nothing in what the server has written, and what was spoilt by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestServer } from 'colloquy-testkit/server';
import { writeDirectly } from 'colloquy-testkit/write-directly';
import { sql } from 'kysely';
import { checkStore } from '../../../src/store/check/check-store.ts';

onBothStores('a check', (engine) => {
  test('finds nothing wrong with a server’s data, and each thing that was spoilt', async () => {
    await using app = await startTestServer(engine);
    const { store } = app.server;
    for (const message of ['one', 'two']) {
      const answer = await fetch(`${app.url}/api/chat/completion`, {
        method: 'POST',
        headers: { 'X-API-Key': app.prodKey, 'Content-Type': 'application/json' },
        body: JSON.stringify({ message }),
      });
      assert.equal(answer.status, 200, await answer.text());
    }
    assert.deepEqual(await checkStore(store.reads, engine), []);
    const spoil = [
      sql`update segment set first_seq = first_seq + 1`,
      sql`update generation set status = 'running', owner = 999 where id = (select min(id) from generation)`,
      sql`update message set status = 'running' where generation_id = (select max(id) from generation)`,
      sql`delete from message where id = (select min(id) from message where role = 'user')`,
      sql`delete from usage_pending`,
      sql`delete from usage_rollup`,
    ].map((one) => one.compile(store.reads));
    await writeDirectly({ store, dataDir: app.place.dataDir }, ...spoil);
    const found = await checkStore(store.reads, engine);
    assert.deepEqual(
      found.map(({ rule }) => rule),
      [
        'log-without-gaps',
        'running-has-owner',
        'answers-end',
        'positions-without-gaps',
        'usage-adds-up',
        'segments-are-whole',
      ],
    );
  });
});
