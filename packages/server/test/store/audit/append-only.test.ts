/** Rows of the audit trail are never changed, and go only when their time is over or their organization is gone. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { openTestStore, type TestStore } from 'colloquy-testkit/stores';
import pg from 'pg';
import type { AuditOrigin } from '../../../src/domain/audit/trail.ts';
import { newId } from '../../../src/domain/ids.ts';
import { tidy } from '../../../src/store/housekeeping.ts';
import { openForWriting } from '../../../src/store/sqlite/database.ts';

const dayMs = 86_400_000;

/** Runs a statement as somebody with the database's password or file would. */
async function runDirectly({ databaseUrl, dataDir }: TestStore, statement: string): Promise<void> {
  if (databaseUrl === undefined) {
    using database = openForWriting(join(dataDir, 'colloquy.db'));
    database.exec(statement);
    return;
  }
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function originOf(organizationId: string | null, at: number): AuditOrigin {
  const actor = { kind: 'operator', id: null } as const;
  return { id: newId(), actor, address: '::1', requestId: null, organizationId, at };
}

onBothStores('the audit trail', (engine) => {
  test('its rows are kept from every statement', async () => {
    await using place = await openTestStore(engine);
    const { store } = place;
    const now = Date.now();
    const organizationId = newId();
    const make = { id: organizationId, name: 'a', now };
    await store.execute('createOrganization', make, originOf(organizationId, now - 40 * dayMs));
    const rename = (name: string, at: number) =>
      store.execute('updateOrganization', { organizationId, name, now }, originOf(organizationId, at));
    await rename('b', now - 29 * dayMs);
    const refusals = [60, 8, 6].map((days) => ({
      ...originOf(organizationId, now - days * dayMs),
      action: 'access.refused' as const,
      subject: { kind: 'credential' as const, id: null },
      before: null,
      after: null,
      count: 3,
    }));
    await store.execute('noteRefusals', { refusals });
    const rows = async () =>
      (await store.reads.selectFrom('audit').select(['id', 'at']).orderBy('at').execute()).length;
    assert.equal(await rows(), 5);
    for (const statement of [
      "update audit set actor_name = 'somebody else'",
      'update audit set at = 0',
      'delete from audit',
      `delete from audit where at > ${now - 30 * dayMs} and refusals is null`,
      `delete from audit where at > ${now - 7 * dayMs}`,
      ...(engine === 'postgres' ? ['truncate audit'] : []),
    ]) {
      await assert.rejects(runDirectly(place, statement), /rows of the audit trail are/, statement);
    }
    const prune = { before: now, refusalsBefore: now, limit: 1000 };
    await assert.rejects(store.execute('pruneAudit', prune));
    assert.equal(await rows(), 5);
    await tidy({ store, auditDays: 400 });
    assert.equal(await rows(), 4, 'a refusal of more than 30 days');
    await tidy({ store, auditDays: 30 });
    assert.equal(await rows(), 3, 'a change of more than 30 days');
    await store.execute('deleteOrganization', { organizationId, now });
    assert.equal(await rows(), 3);
    await tidy({ store, auditDays: 400 });
    assert.equal(await rows(), 0, 'those of an organization that is gone');
    await store.execute('noteRefusals', { refusals });
    assert.equal(await rows(), 0, 'and none comes after it');
  });

  test('a row is stored if and only if its change is', async () => {
    await using place = await openTestStore(engine);
    const { store } = place;
    const now = Date.now();
    const organizationId = newId();
    await store.execute('createOrganization', { id: organizationId, name: 'a', now });
    const rename = (name: string, origin: AuditOrigin) =>
      store.execute('updateOrganization', { organizationId, name, now }, origin);
    const origin = originOf(organizationId, now);
    await rename('b', origin);
    // The row can't be stored, since its id is taken; so the change is not stored either, and its neighbours are.
    const outcomes = await Promise.allSettled([
      rename('c', originOf(organizationId, now)),
      rename('d', origin),
      rename('e', originOf(organizationId, now)),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    const { name } = await store.reads.selectFrom('organization').select('name').executeTakeFirstOrThrow();
    const changes = await store.reads.selectFrom('audit').select('values_after').execute();
    const said = changes.map(({ values_after }) => JSON.parse(values_after ?? '{}').name);
    assert.deepEqual(said.toSorted(), ['b', 'c', 'e']);
    assert.ok(name === 'c' || name === 'e');
    await assert.rejects(
      store.execute('createConversation', {} as never, origin),
      /createConversation has no place in the audit trail/,
    );
  });
});
