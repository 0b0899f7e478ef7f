/** What migration 0021 adds: images count as stored, feedback and images go with their message, ids of clients are unique. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace } from 'colloquy-testkit/place';
import { writeDirectly } from 'colloquy-testkit/write-directly';
import { type Kysely, sql } from 'kysely';
import { conversationScope } from '../../../src/auth/scopes.ts';
import { newId } from '../../../src/domain/ids.ts';
import { checkStore } from '../../../src/store/check/check-store.ts';
import { sumBytes } from '../../../src/store/commands/stored-bytes.ts';
import { openStore } from '../../../src/store/open.ts';
import { makeOldDatabase, migrationsBefore, organization } from './old-database.ts';

const conversation = newId();
const message = newId();

/** A message of 4 bytes, of a key whose stored bytes are counted. */
async function fill(db: Kysely<unknown>): Promise<void> {
  for (const subject of [`organization:${organization}`, 'key:first'])
    await sql`insert into consumption (subject, organization_id, day, tokens, month, cost, reserved_tokens,
        reserved_cost, queued, bytes) values (${subject}, ${organization}, 1, 0, 1, 0, 0, 0, 0, 0)`.execute(
      db,
    );
  await sql`insert into conversation (id, organization_id, environment, title, title_source, is_archived,
      next_position, created_at, updated_at)
    values (${conversation}, ${organization}, 'prod', 'Title', 'user', 0, 1, 1, 1)`.execute(db);
  await sql`insert into message (id, conversation_id, session_id, organization_id, environment, role, parts, text,
      position, status, api_key_id, created_at, updated_at)
    values (${message}, ${conversation}, 's', ${organization}, 'prod', 'user', '[]', 'text', 0, 'done', 'first', 1, 1)`.execute(
    db,
  );
}

onBothStores('what messages carry', (engine) => {
  test('is added to a database of before, and goes with the message', async () => {
    const place = await emptyPlace(engine);
    await makeOldDatabase(place, engine, migrationsBefore('0021-threads'), fill);
    const store = await openStore({ ...place, poolSize: 2, onConnectionError: () => {} });
    const count = async (table: 'file' | 'feedback') =>
      Number(
        (await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(store.reads)).rows[0]
          ?.n,
      );
    const counted = async () =>
      (await store.reads.selectFrom('consumption').select('bytes').orderBy('subject').execute()).map(
        ({ bytes }) => Number(bytes),
      );
    try {
      const files = ['one', 'two'].map(
        (
          id,
        ) => sql`insert into file (id, conversation_id, message_id, organization_id, environment, api_key_id,
            media_type, data, created_at)
          values (${id}, ${conversation}, ${message}, ${organization}, 'prod', 'first', 'image/png', 'QUJD', 1)`,
      );
      const opinions = ['a', 'b'].map(
        (
          author,
        ) => sql`insert into feedback (message_id, author_kind, author_id, organization_id, environment,
            conversation_id, rating, created_at, updated_at)
          values (${message}, 'end-user', ${author}, ${organization}, 'prod', ${conversation}, 1, 1, 1)`,
      );
      const both = [...files, ...opinions].map((query) => query.compile(store.reads));
      await writeDirectly({ store, dataDir: place.dataDir }, ...both);
      assert.deepEqual(await counted(), [12, 12]);
      for (const subject of [
        { subject: 'organization', id: organization },
        { subject: 'key', id: 'first' },
      ] as const)
        assert.equal(await sumBytes(store.reads, organization, subject), 12);
      assert.deepEqual(await checkStore(store.reads, engine), []);
      const scope = conversationScope(organization, 'prod');
      await store.execute('deleteMessage', { scope, id: message, now: 2 });
      assert.deepEqual([await count('file'), await count('feedback'), await counted()], [0, 0, [0, 0]]);
    } finally {
      await store[Symbol.asyncDispose]();
      await rm(place.dataDir, { recursive: true, force: true });
    }
  });

  test('an id of a client names one conversation of each end user, and one of nobody', async () => {
    const place = await emptyPlace(engine);
    const store = await openStore({ ...place, poolSize: 2, onConnectionError: () => {} });
    try {
      await store.execute('createOrganization', { id: organization, name: 'Acme', now: 1 });
      const users = [newId(), newId()];
      for (const id of users)
        await store.execute('ensureEndUser', {
          ...{ id, organizationId: organization, environment: 'prod', externalId: id, now: 1 },
        });
      const insert = (environment: string, user: string | null, client: string | null) =>
        writeDirectly(
          { store, dataDir: place.dataDir },
          sql`insert into conversation (id, organization_id, environment, end_user_id, title, title_source,
              is_archived, next_position, client_id, created_at, updated_at)
            values (${newId()}, ${organization}, ${environment}, ${user}, 'T', 'user', 0, 0, ${client}, 1, 1)`.compile(
            store.reads,
          ),
        );
      const owners = [null, ...users];
      for (const environment of ['prod', 'test'])
        for (const user of environment === 'prod' ? owners : [null]) {
          await insert(environment, user, 'chat-1');
          await insert(environment, user, null);
          await insert(environment, user, null);
          await assert.rejects(insert(environment, user, 'chat-1'), /unique/i);
        }
    } finally {
      await store[Symbol.asyncDispose]();
      await rm(place.dataDir, { recursive: true, force: true });
    }
  });
});
