/** A database is brought from every earlier schema to the present one at start, with what each has put into it. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace } from 'colloquy-testkit/place';
import { type Kysely, sql } from 'kysely';
import { organizationScope } from '../../../src/auth/scopes.ts';
import { newId } from '../../../src/domain/ids.ts';
import { defaultRequestSettings } from '../../../src/domain/model.ts';
import { migrations } from '../../../src/store/migrate.ts';
import { openStore } from '../../../src/store/open.ts';
import { listModels } from '../../../src/store/queries/models.ts';
import { findRevision } from '../../../src/store/queries/personas.ts';
import { makeLivedInDatabase, makeOrganization } from './old-database.ts';

/** An organization of the `count`th schema. */
const tenantOf = (count: number) => ({
  organization: newId(),
  persona: 100 + count,
  scope: `key:${count}`,
  count,
});

/** Rows of the first schema. */
async function fill(
  db: Kysely<unknown>,
  { organization, persona, scope, count }: ReturnType<typeof tenantOf>,
): Promise<void> {
  await makeOrganization(db, organization);
  const models = [
    { id: 'a', window: 128_000, fromEnvironment: 1 },
    { id: 'b', window: 128_000, fromEnvironment: 0 },
    { id: 'c', window: 5_000, fromEnvironment: 1 },
    { id: 'd', window: null, fromEnvironment: 0 },
  ];
  for (const { id, window, fromEnvironment } of models) {
    await sql`insert into model (id, organization_id, name, provider, model, context_window, is_active,
        from_environment, created_at, updated_at)
      values (${`${id}${count}`}, ${organization}, 'M', 'openai', 'm', ${window}, 1, ${fromEnvironment}, 1, 1)`.execute(
      db,
    );
  }
  await sql`insert into persona (id, organization_id, name, alias, active_version, created_at, updated_at)
    values (${persona}, ${organization}, 'P', 'support', 1, 1, 1)`.execute(db);
  await sql`insert into persona_version (persona_id, version, system_prompt, model_id, created_at)
    values (${persona}, 1, 'Be kind.', ${`a${count}`}, 1)`.execute(db);
  const claims = [
    { key: 'conversation', result: '{"id":"c","title":"secret"}' },
    { key: 'persona', result: '{"id":7}' },
    { key: 'turn', result: '{"generationId":"g"}' },
    { key: 'nothing', result: null },
  ];
  for (const { key, result } of claims) {
    await sql`insert into idempotency (scope, key, body_hash, result, created_at, expires_at)
      values (${scope}, ${key}, 'h', ${result}, 1, 2)`.execute(db);
  }
}

onBothStores('released schemas', async (engine) => {
  const place = await emptyPlace(engine);
  const tenants = new Map(Object.keys(migrations).map((name, index) => [name, tenantOf(index + 1)]));
  await makeLivedInDatabase(place, engine, (db, name) => fill(db, tenants.get(name) ?? assert.fail()));
  const store = await openStore({ ...place, poolSize: 2, onConnectionError: () => {} });
  after(async () => {
    await store[Symbol.asyncDispose]();
    await rm(place.dataDir, { recursive: true, force: true });
  });

  for (const [name, { organization, persona, scope, count }] of tenants) {
    test(`the schema of ${name}`, async () => {
      const own = organizationScope(organization);
      const { data } = await listModels(store.reads, own, { limit: 10 });
      assert.equal(data.length, 4);
      for (const model of data) {
        assert.deepEqual({ ...model, ...defaultRequestSettings }, model);
        assert.deepEqual([model.fallbacks, model.learnt, model.preset], [[], {}, null]);
      }
      const revision = await findRevision(store.reads, own, persona, 1);
      assert.deepEqual([revision?.systemPrompt, revision?.fallbacks], ['Be kind.', []]);
      const claims = await store.reads
        .selectFrom('idempotency')
        .select(['key', 'result'])
        .where('scope', '=', scope)
        .execute();
      const results = Object.fromEntries(
        claims.map(({ key, result }) => [key, result === null ? null : JSON.parse(result)]),
      );
      const conversation = count < 9 ? { id: 'c' } : { id: 'c', title: 'secret' };
      assert.deepEqual(results, {
        conversation,
        persona: { id: 7 },
        turn: { generationId: 'g' },
        nothing: null,
      });
      if (count > 1) return;
      assert.deepEqual(
        data.map(({ contextWindow, contextWindowSource }) => [contextWindow, contextWindowSource]),
        [
          [128_000, 'assumed'],
          [128_000, 'set'],
          [5_000, 'set'],
          [null, 'assumed'],
        ],
      );
    });
  }
});
