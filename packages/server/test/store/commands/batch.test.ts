/** Commands that arrive together: one that fails takes nothing with it; on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { openTestStore } from 'colloquy-testkit/stores';
import type { AppError } from '../../../src/domain/errors.ts';
import { newId } from '../../../src/domain/ids.ts';
import type { IdempotencyClaim } from '../../../src/store/command.ts';

function claimOf(key: string, bodyHash = 'body'): IdempotencyClaim {
  return { scope: 'operator', key, bodyHash, now: 1, expiresAt: Number.MAX_SAFE_INTEGER };
}

onBothStores('commands that arrive together', (engine) => {
  test('the one that fails is undone alone, with its claim', async () => {
    await using place = await openTestStore(engine);
    const { store } = place;
    const now = Date.now();
    const { owner } = await store.execute('registerOwner', { leaseMs: 60_000 });
    const organization = (id: string) => ({ id, name: 'one', now });
    const [first, second, twice] = [newId(), newId(), newId()];
    await store.execute('createOrganization', organization(twice));
    const results = await Promise.allSettled([
      store.executeOnce('createOrganization', organization(first), claimOf('a')),
      store.appendJournal({ owner, n: 1, payload: 'x' }),
      store.executeOnce('createOrganization', organization(twice), claimOf('b')),
      store.executeOnce('createOrganization', organization(first), claimOf('a')),
      store.executeOnce('createOrganization', organization(newId()), claimOf('a', 'another')),
      store.executeOnce('createOrganization', organization(second), claimOf('c')),
    ]);
    const told = results.map((one) => {
      if (one.status === 'rejected') return (one.reason as AppError).code;
      return typeof one.value === 'string' ? one.value : one.value.replayed;
    });
    assert.equal(told[1], 'committed');
    assert.equal(told[2], 'conflict');
    assert.deepEqual([told[0], told[3]].sort(), [false, true]);
    assert.equal(told[4], 'idempotency_mismatch');
    assert.equal(told[5], false);
    const stored = await store.reads.selectFrom('organization').select('id').orderBy('id').execute();
    assert.deepEqual(
      stored.map(({ id }) => id),
      [first, second, twice].sort(),
    );
    const claims = await store.reads.selectFrom('idempotency').select('key').orderBy('key').execute();
    assert.deepEqual(
      claims.map(({ key }) => key),
      ['a', 'c'],
    );
    const journal = await store.reads.selectFrom('journal').select('n').execute();
    assert.equal(journal.length, 1);
  });
});
