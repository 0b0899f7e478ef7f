/** Without a server, nothing is erased that a server has not settled. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { openTestStore } from 'colloquy-testkit/stores';
import { writeDirectly } from 'colloquy-testkit/write-directly';
import { createEngineAtRest } from '../../src/generation/engine-at-rest.ts';

onBothStores('an engine at rest', (engine) => {
  test('refuses to settle what is still in the journal', async () => {
    await using opened = await openTestStore(engine);
    const { store } = opened;
    const atRest = createEngineAtRest(store, Date.now);
    await atRest.settleBeforeDelete([]);
    const { owner } = await store.execute('registerOwner', { leaseMs: 10_000 });
    const row = { owner, n: 1, payload: '[]' };
    await writeDirectly(opened, store.reads.insertInto('journal').values(row).compile());
    await assert.rejects(atRest.settleBeforeDelete([]), /start it, and then run this again/);
  });
});
