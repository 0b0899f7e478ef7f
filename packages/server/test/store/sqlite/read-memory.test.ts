/** What is read again: everything that a command may have changed, and nothing while turns alone are written. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { generateApiKey } from '../../../src/auth/api-keys.ts';
import { newId } from '../../../src/domain/ids.ts';
import { findApiKeyByHash } from '../../../src/store/queries/api-keys.ts';
import { readSettings } from '../../../src/store/queries/organization-settings.ts';
import { findPersonaBasis } from '../../../src/store/queries/run-basis.ts';
import { commandsOfTurns, SqliteReadMemory } from '../../../src/store/sqlite/read-memory.ts';
import { type EngineHarness, startEngineHarness } from '../../generation/engines.ts';

test('what is there is read once, what is not, or fails, each time', async () => {
  const memory = new SqliteReadMemory();
  const results = [undefined, 'first', 'second'];
  let reads = 0;
  const read = async (): Promise<string | undefined> => {
    reads += 1;
    if (reads === 1) throw new Error('the disk');
    return results.shift();
  };
  await assert.rejects(memory.remember('key', read), /the disk/);
  assert.equal(await memory.remember('key', read), undefined);
  assert.equal(await memory.remember('key', read), 'first');
  assert.equal(await memory.remember('key', read), 'first');
  memory.commandEnded('acceptTurn');
  assert.equal(await memory.remember('key', read), 'first');
  assert.equal(await memory.remember('another', read), 'second');
  assert.equal(reads, 4);
});

test('what was being read when a command ended is not kept', async () => {
  const memory = new SqliteReadMemory();
  const { promise, resolve } = Promise.withResolvers<string>();
  const reading = memory.remember('key', () => promise);
  memory.commandEnded('revokeApiKey');
  const after = memory.remember('key', async () => 'new');
  resolve('old');
  assert.deepEqual(await Promise.all([reading, after]), ['old', 'new']);
  assert.equal(await memory.remember('key', async () => 'newer'), 'new');
});

test('it is bounded', async () => {
  const memory = new SqliteReadMemory();
  for (let n = 0; n < 5000; n += 1) await memory.remember(`key ${n}`, async () => 'old');
  assert.equal(await memory.remember('key 0', async () => 'new'), 'new');
  assert.equal(await memory.remember('key 4999', async () => 'new'), 'old');
});

async function makeKey({ place, scope, persona }: EngineHarness): Promise<{ id: string; hash: string }> {
  const { prefix, hash } = generateApiKey('prod');
  const id = newId();
  await place.store.execute('createApiKey', {
    ...{ id, prefix, hash, organizationId: scope.organizationId, name: 'a key', type: 'prod' },
    ...{ defaultPersonaId: persona.personaId, limits: {}, allowedOrigins: null, expiresAt: null },
    now: Date.now(),
  });
  return { id, hash };
}

onBothStores('what administrators have set', (storeEngine) => {
  test('is seen by the first read after the answer of the command that changed it', async () => {
    await using h = await startEngineHarness(storeEngine);
    const { store } = h.place;
    const { reads } = store;
    const { organizationId } = h.scope;
    const now = Date.now();
    const { id, hash } = await makeKey(h);
    const key = async () => findApiKeyByHash(reads, hash);
    const basis = async () => (await findPersonaBasis(reads, h.scope, { alias: 'test' }, 'active'))?.basis;
    assert.deepEqual([(await key())?.revokedAt, (await key())?.organization.limits], [null, {}]);
    assert.equal((await readSettings(reads, h.scope)).titles, null);
    await store.execute('updateOrganizationSettings', {
      organizationId,
      changes: { limits: { requests_per_minute: 3 }, titles: 'off' },
      now,
    });
    assert.equal((await readSettings(reads, h.scope)).titles, 'off');
    assert.deepEqual((await key())?.organization.limits, { requests_per_minute: 3 });
    await store.execute('revokeApiKey', { organizationId, id, now });
    assert.notEqual((await key())?.revokedAt, null);

    assert.equal((await basis())?.model?.isActive, true);
    await store.execute('updateModel', {
      ...{ organizationId, id: h.modelId, byOperator: true, now },
      changes: { isActive: false },
    });
    assert.equal((await basis())?.model?.isActive, false);
    assert.equal((await basis())?.revision?.systemPrompt, 'Be a test.');
    const { personaId } = h.persona;
    await store.execute('putNextVersion', {
      ...{ organizationId, id: personaId, now },
      revision: {
        ...{
          systemPrompt: 'Be another.',
          modelId: h.modelId,
          temperature: null,
          topP: null,
          maxTokens: null,
        },
        ...{ stop: null, seed: null, internet: false, fallbacks: [] },
      },
    });
    assert.equal((await basis())?.revision?.systemPrompt, 'Be a test.');
    await store.execute('submitPersona', { organizationId, id: personaId, now });
    assert.equal((await basis())?.revision?.systemPrompt, 'Be another.');
    await store.execute('deletePersona', { organizationId, id: personaId });
    assert.equal(await basis(), undefined);
  });
});

const settings = [
  'organization',
  'organization_settings',
  'api_key',
  'persona',
  'persona_version',
  'model',
] as const;

test('the commands of turns change nothing of it', async () => {
  await using h = await startEngineHarness('sqlite');
  const { store } = h.place;
  using database = new DatabaseSync(join(h.place.dataDir, 'colloquy.db'));
  database.exec('create table touched (name text)');
  for (const table of settings) {
    for (const event of ['insert', 'update', 'delete']) {
      database.exec(
        `create trigger ${table}_${event} after ${event} on ${table} begin insert into touched values ('${table}'); end`,
      );
    }
  }
  const executed = new Set<string>();
  const noting = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]) => {
        if (name === 'execute' || name === 'executeOnce') executed.add(String(args[0]));
        return value.apply(target, args);
      };
    },
  });
  const engine = await h.start(noting, { titles: true });
  h.upstream.setDefault(answer('Walruses on the ice'));
  const first = await engine.accept(h.turn({ text: 'Tell me of walruses' }));
  await engine.answer(first.generationId);
  const { sessionId } = first;
  const second = await engine.accept(h.turn({ kind: 'session', sessionId, text: 'More' }));
  await engine.answer(second.generationId);
  await engine.titlesWritten();
  await noting.execute('ensureEndUser', {
    ...{ id: newId(), organizationId: h.scope.organizationId, environment: 'prod', externalId: 'a user' },
    now: Date.now(),
  });
  const pending = await noting.prepareSearchIndex({ maxTexts: 32, maxLength: 20_000 });
  await noting.execute('indexSearch', { ...pending, marksRefused: false });
  assert.deepEqual(
    commandsOfTurns.filter((name) => !executed.has(name)),
    [],
  );
  assert.deepEqual(database.prepare('select distinct name from touched').all(), []);
});
