/** Messages of a database from before `storage_bytes` count for the key of their generation after the upgrade. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace } from 'colloquy-testkit/place';
import { type Kysely, sql } from 'kysely';
import { conversationScope } from '../../../src/auth/scopes.ts';
import { StoredLimits } from '../../../src/limits/stored-limits.ts';
import { openStore } from '../../../src/store/open.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeOldDatabase, migrationsBefore, organization } from './old-database.ts';

const question = '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f02';
const conversation = '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f03';

/** A question of 4 bytes that key `first` and then key `second` had answered, with 6 and 8 bytes; a note without a key. */
async function fill(db: Kysely<unknown>): Promise<void> {
  await sql`insert into consumption (subject, organization_id, day, tokens, month, cost, reserved_tokens,
      reserved_cost, queued) values ('key:first', ${organization}, 1, 0, 1, 0, 0, 0, 0)`.execute(db);
  await sql`insert into conversation (id, organization_id, environment, title, title_source, is_archived,
      next_position, created_at, updated_at)
    values (${conversation}, ${organization}, 'prod', 'Title', 'user', 0, 4, 1, 1)`.execute(db);
  const messages = [
    { id: question, text: 'Öls', generation: null },
    { id: 'one', text: 'answer', generation: 'g1' },
    { id: 'two', text: 'answered', generation: 'g2' },
    { id: 'note', text: 'a note', generation: null },
  ];
  for (const [position, { id, text, generation }] of messages.entries())
    await sql`insert into message (id, conversation_id, session_id, organization_id, environment, role, parts, text,
        position, status, generation_id, created_at, updated_at)
      values (${id}, ${conversation}, 's', ${organization}, 'prod', 'user', '[]', ${text}, ${position}, 'done',
        ${generation}, 1, 1)`.execute(db);
  for (const [attempt, key] of [
    [1, 'first'],
    [2, 'second'],
  ] as const)
    await sql`insert into generation (id, organization_id, environment, conversation_id, session_id, reply_to, attempt,
        message_id, model_id, model_name, provider, api_key_id, dialect, status, parameters, created_at)
      values (${`g${attempt}`}, ${organization}, 'prod', ${conversation}, 's', ${question}, ${attempt}, 'one', 'm', 'M',
        'openai', ${key}, 'chat', 'done', '{}', 1)`.execute(db);
}

async function bytesOf(store: Store): Promise<Record<string, number | string | null>> {
  const rows = await store.reads.selectFrom('consumption').select(['subject', 'bytes']).execute();
  return Object.fromEntries(
    rows.map(({ subject, bytes }) => [subject.split(':')[0] === 'key' ? subject : 'all', bytes]),
  );
}

onBothStores('messages from before stored bytes', (engine) => {
  test('are measured when a limit asks for it, and given back when they are deleted', async () => {
    const place = await emptyPlace(engine);
    await makeOldDatabase(place, engine, migrationsBefore('0020-stored-bytes'), fill);
    const store = await openStore({ ...place, poolSize: 2, onConnectionError: () => {} });
    try {
      assert.deepEqual(await bytesOf(store), { 'key:first': null });
      const limits = { storage_bytes: 1000 };
      await new StoredLimits(store, Date.now).counted(organization, [
        { subject: 'key', id: 'first', limits },
        { subject: 'key', id: 'second', limits },
        { subject: 'organization', id: organization, limits },
      ]);
      const numbers = Object.fromEntries(
        Object.entries(await bytesOf(store)).map(([subject, bytes]) => [subject, Number(bytes)]),
      );
      assert.deepEqual(numbers, { 'key:first': 10, 'key:second': 8, all: 24 });
      const scope = conversationScope(organization, 'prod');
      await store.execute('deleteConversation', { scope, id: conversation, now: 2 });
      for (const bytes of Object.values(await bytesOf(store))) assert.equal(Number(bytes), 0);
    } finally {
      await store[Symbol.asyncDispose]();
      await rm(place.dataDir, { recursive: true, force: true });
    }
  });
});
