/** What waits for what on PostgreSQL: leases go on while an owner writes, and nobody waits for what only refers to a row. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newTurn } from 'colloquy-testkit/new-turn';
import { findPostgres } from 'colloquy-testkit/services';
import { openTestStore } from 'colloquy-testkit/stores';
import { sql } from 'kysely';
import { Client } from 'pg';
import { newId } from '../../../src/domain/ids.ts';

const postgres = await findPostgres();
const missing = 'skip' in postgres ? postgres : undefined;
const place = missing === undefined ? await openTestStore('postgres') : undefined;
after(() => place?.[Symbol.asyncDispose]());

/** A command that waits does so for ten seconds. */
const options = { timeout: 8_000 };

describe('locks', missing ?? {}, () => {
  if (place === undefined) return;
  const { store } = place;

  /** A turn, and a command of its owner that has locked the owner's row, and waits for the turn's conversation. */
  async function startBlockedCommand(leaseMs: number) {
    const organizationId = newId();
    const now = Date.now();
    await store.execute('createOrganization', { id: organizationId, name: 'test', now });
    const { owner } = await store.execute('registerOwner', { leaseMs });
    const turn = await store.execute('acceptTurn', newTurn({ organizationId, owner, now }));
    const client = new Client({ connectionString: place?.databaseUrl });
    await client.connect();
    await client.query('begin');
    await client.query('select 1 from conversation where id = $1 for update', [turn.conversationId]);
    const command = store.execute('startNextTurn', { sessionId: turn.sessionId, owner, now });
    const waiting = sql`select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    while ((await waiting.execute(store.reads)).rows.length === 0) await sleep(10);
    return {
      owner,
      organizationId,
      client,
      generationId: turn.generationId,
      /** Lets the command go on to its end. */
      async release() {
        await client.query('rollback');
        await client.end();
        await command;
      },
    };
  }

  test('a lease is renewed while its owner writes', options, async () => {
    const blocked = await startBlockedCommand(60_000);
    assert.equal(await store.execute('renewLease', { owner: blocked.owner, leaseMs: 60_000 }), 'renewed');
    await blocked.release();
  });

  test(
    'an owner that writes is passed over by a claim, which takes others, and is claimed after',
    options,
    async () => {
      const blocked = await startBlockedCommand(0);
      const { owner: other } = await store.execute('registerOwner', { leaseMs: 0 });
      const { owner } = await store.execute('registerOwner', { leaseMs: 60_000 });
      const claim = () => store.execute('claimDeadOwners', { owner, all: false });
      assert.deepEqual((await claim()).generationIds, []);
      assert.equal(await store.execute('renewLease', { owner: other, leaseMs: 1 }), 'fenced');
      await blocked.release();
      assert.deepEqual((await claim()).generationIds, [blocked.generationId]);
      const late = store.appendJournal({ owner: blocked.owner, n: 1, payload: '[]' });
      assert.equal(await late, 'fenced');
    },
  );

  test('a write that refers to an organization does not hold up its changes', options, async () => {
    const organizationId = newId();
    const now = Date.now();
    await store.execute('createOrganization', { id: organizationId, name: 'test', now });
    const client = new Client({ connectionString: place.databaseUrl });
    await client.connect();
    await client.query('begin');
    await client.query(
      `insert into end_user (id, organization_id, environment, external_id, created_at)
       values ($1, $2, 'prod', 'somebody', 0)`,
      [newId(), organizationId],
    );
    await store.execute('updateOrganizationSettings', { organizationId, changes: { titles: 'off' }, now });
    await client.query('rollback');
    await client.end();
  });
});
