/** Data that is kept for a limited time is removed when its time is over, on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { openTestStore } from 'colloquy-testkit/stores';
import { sessionIdleMs, sessionLifetimeMs } from '../../src/domain/accounts/account.ts';
import { newId } from '../../src/domain/ids.ts';
import { dayMs } from '../../src/domain/text/time.ts';
import { tidy } from '../../src/store/housekeeping.ts';
import { findSessionByHash } from '../../src/store/queries/accounts.ts';

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

  test('sessions that have ended and links that have expired go, the others stay', async () => {
    await using place = await openTestStore(engine);
    const { store } = place;
    const link = (hash: string, now: number, lifetimeMs: number) =>
      store.execute('createSignInLink', {
        ...{ id: newId(), hash, purpose: 'setup', email: null, organizationId: null, role: null },
        madeBy: null,
        ...{ now, expiresAt: now + lifetimeMs },
      });
    for (const hash of ['of the account', 'expired', 'good'])
      await link(hash, 0, hash === 'expired' ? 10 : dayMs);
    const accountId = newId();
    const session = (hash: string) => ({
      ...({ id: newId(), hash, method: 'link', address: null, userAgent: null, replaces: null } as const),
    });
    await store.execute('setUp', {
      linkHash: 'of the account',
      account: { id: accountId, name: 'Ada', email: 'ada@example.com', password: null },
      memberId: newId(),
      session: session('idle'),
      now: 0,
    });
    const start = (hash: string, now: number) =>
      store.execute('startSession', { accountId, password: null, session: session(hash), now });
    await start('old', 0);
    await start('young', sessionLifetimeMs - 1);
    const old = await findSessionByHash(store.reads, 'old');
    await store.execute('touchSession', { id: old?.id ?? '', accountId, now: sessionLifetimeMs - 1 });
    const left = async (): Promise<string[]> => {
      const rows = await store.reads.selectFrom('sign_in_session').select('hash').orderBy('hash').execute();
      return rows.map(({ hash }) => hash);
    };
    await tidy({ store, auditDays: 400, now: () => sessionIdleMs });
    assert.deepEqual(await left(), ['old', 'young']);
    await tidy({ store, auditDays: 400, now: () => sessionLifetimeMs });
    assert.deepEqual(await left(), ['young']);
    await store.execute('createSignInLink', {
      ...{ id: newId(), hash: 'reset', purpose: 'reset', email: 'ada@example.com' },
      madeBy: null,
      ...{ organizationId: null, role: null, now: 0, expiresAt: sessionLifetimeMs + 1 },
    });
    await tidy({ store, auditDays: 400, now: () => sessionLifetimeMs });
    const links = await store.reads.selectFrom('sign_in_link').select('hash').execute();
    assert.deepEqual(
      links.map(({ hash }) => hash),
      ['reset'],
    );
    await tidy({ store, auditDays: 400, now: () => sessionLifetimeMs + 1 });
    assert.deepEqual(await store.reads.selectFrom('sign_in_link').select('hash').execute(), []);
  });
});
