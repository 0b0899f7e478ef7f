/** Data that is kept for a limited time is removed when its time is over, on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { openTestStore } from 'colloquy-testkit/stores';
import { newId } from '../../src/domain/ids.ts';
import { tidy } from '../../src/store/housekeeping.ts';

onBothStores('housekeeping', (engine) => {
  test('expired claims are forgotten, the others kept', async () => {
    await using place = await openTestStore(engine);
    const { store } = place;
    const claim = (key: string, expiresAt: number) => ({
      scope: 'key:a',
      key,
      bodyHash: 'h',
      now: 1000,
      expiresAt,
    });
    for (const [key, expiresAt] of [
      ['old', 2000],
      ['older', 1500],
      ['young', 3000],
    ] as const) {
      await store.executeOnce(
        'createOrganization',
        { id: newId(), name: key, now: 1000 },
        claim(key, expiresAt),
      );
    }
    await tidy({ store, auditDays: 400, now: () => 2000 });
    const left = await store.reads.selectFrom('idempotency').select('key').execute();
    assert.deepEqual(
      left.map((row) => row.key),
      ['young'],
    );
    await tidy({ store, auditDays: 400, now: () => 3000 });
    assert.deepEqual(await store.reads.selectFrom('idempotency').select('key').execute(), []);
  });
});
