/** The objects that the first start creates, and how later starts follow the environment. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { openTestStore } from 'colloquy-testkit/stores';
import { generateApiKey } from '../../../src/auth/api-keys.ts';
import { organizationScope } from '../../../src/auth/scopes.ts';
import { newId } from '../../../src/domain/ids.ts';
import type { EnvironmentModel } from '../../../src/store/commands/environment-models.ts';
import { findApiKeyByHash } from '../../../src/store/queries/api-keys.ts';
import { listModels } from '../../../src/store/queries/models.ts';
import { findDefaultOrganization } from '../../../src/store/queries/organizations.ts';
import { findPersona, findRevision } from '../../../src/store/queries/personas.ts';
import type { Store } from '../../../src/store/store.ts';

const now = Date.parse('2026-11-22T12:00:00.000Z');

function offer(model: string, more: Partial<EnvironmentModel> = {}): EnvironmentModel {
  return {
    id: newId(),
    name: `The ${model}`,
    provider: 'openai',
    model,
    baseUrl: null,
    apiKeyEnv: 'OPENAI_API_KEY',
    contextWindow: 1000,
    ...more,
  };
}
const guide = (): EnvironmentModel =>
  offer('guide', { provider: 'guide', apiKeyEnv: null, contextWindow: null });

const key = generateApiKey('prod');

function first(store: Store, models: readonly EnvironmentModel[]) {
  return store.execute('firstStart', {
    organizationId: newId(),
    models,
    personaSystemPrompt: 'Be helpful.',
    keyId: newId(),
    keyHash: key.hash,
    keyPrefix: key.prefix,
    now,
  });
}

/** The objects that a request would use. */
async function look(store: Store) {
  const organization = await findDefaultOrganization(store.reads);
  assert.ok(organization);
  const scope = organizationScope(organization.id);
  const assistant = await findPersona(store.reads, scope, { alias: 'assistant' });
  assert.ok(assistant);
  const active = await findRevision(store.reads, scope, assistant.id, assistant.activeVersion ?? 0);
  const { data: models } = await listModels(store.reads, scope, { limit: 100 });
  const name = (id: string | null | undefined) => models.find((model) => model.id === id)?.model ?? null;
  return {
    organization,
    scope,
    assistant,
    prompt: active?.systemPrompt,
    version: assistant.activeVersion,
    answers: name(active?.modelId),
    byDefault: name(organization.defaultModelId),
    models,
    active: models.filter((model) => model.isActive).map((model) => model.model),
  };
}

onBothStores('the first start', (engine) => {
  test(`the first start makes what the first call needs`, async () => {
    await using place = await openTestStore(engine);
    const { store } = place;
    const made = await first(store, [offer('best'), guide()]);
    assert.equal(made.isNew, true);
    const seen = await look(store);
    assert.equal(seen.organization.id, made.organizationId);
    assert.equal(seen.organization.name, 'default');
    assert.deepEqual(
      [seen.prompt, seen.version, seen.answers, seen.byDefault],
      ['Be helpful.', 1, 'best', 'best'],
    );
    assert.deepEqual(seen.active, ['best', 'guide']);
    const stored = await findApiKeyByHash(store.reads, key.hash);
    assert.equal(stored?.id, made.keyId);
    assert.equal(stored?.type, 'prod');
    assert.equal(stored?.defaultPersonaId, seen.assistant.id);
    const again = await first(store, [offer('other')]);
    assert.deepEqual(again, { ...made, isNew: false });
    assert.deepEqual((await look(store)).active, ['best', 'guide']);
  });

  test(`of several first starts at once, one makes it`, async () => {
    await using place = await openTestStore(engine);
    const { store } = place;
    const all = await Promise.all(Array.from({ length: 6 }, () => first(store, [offer('best')])));
    assert.equal(all.filter((one) => one.isNew).length, 1);
    assert.equal(new Set(all.map((one) => one.organizationId)).size, 1);
    assert.equal(new Set(all.map((one) => one.keyId)).size, 1);
  });

  test(`a revoked first key is not brought back`, async () => {
    await using place = await openTestStore(engine);
    const { store } = place;
    const made = await first(store, [guide()]);
    const { organizationId } = made;
    await store.execute('revokeApiKey', { organizationId, id: made.keyId ?? '', now });
    assert.deepEqual(await first(store, [guide()]), { isNew: false, organizationId, keyId: null });
  });

  test(`a deleted organization is made anew`, async () => {
    await using place = await openTestStore(engine);
    const { store } = place;
    const made = await first(store, [guide()]);
    await store.execute('deleteOrganization', { organizationId: made.organizationId, now: 5 });
    assert.equal(await findDefaultOrganization(store.reads), undefined);
    assert.equal((await store.execute('followEnvironment', { models: [], now })).organizationId, null);
    const again = await first(store, [guide()]);
    assert.equal(again.isNew, true);
    assert.notEqual(again.organizationId, made.organizationId);
  });

  test(`assistant and default follow the best model, as a new revision`, async () => {
    await using place = await openTestStore(engine);
    const { store } = place;
    await first(store, [guide()]);
    const follow = (...models: EnvironmentModel[]) => store.execute('followEnvironment', { models, now });
    assert.equal((await follow(guide())).personaMoved, false);
    assert.equal((await look(store)).version, 1);
    assert.equal((await follow(offer('better'), guide())).personaMoved, true);
    const moved = await look(store);
    assert.deepEqual(
      [moved.prompt, moved.version, moved.answers, moved.byDefault],
      ['Be helpful.', 2, 'better', 'better'],
    );
    assert.equal((await follow(offer('better'), guide())).personaMoved, false);
    assert.equal((await look(store)).models.length, 2);
  });

  test(`what is gone is switched off, and on again when it is back`, async () => {
    await using place = await openTestStore(engine);
    const { store } = place;
    await first(store, [offer('a'), offer('b'), guide()]);
    const follow = (...models: EnvironmentModel[]) => store.execute('followEnvironment', { models, now });
    const before = (await look(store)).models;
    await follow(offer('b', { baseUrl: 'https://moved.example/v1' }), guide());
    const after = await look(store);
    assert.deepEqual(after.active, ['b', 'guide']);
    assert.equal(after.answers, 'b');
    assert.equal(after.models.find((model) => model.model === 'b')?.baseUrl, 'https://moved.example/v1');
    const result = await follow(offer('a'), offer('b'), guide());
    const back = await look(store);
    assert.deepEqual(back.active, ['a', 'b', 'guide']);
    assert.equal(back.answers, 'a');
    const ids = (models: readonly { id: string }[]) => models.map((model) => model.id);
    assert.deepEqual(ids(back.models), ids(before));
    assert.deepEqual(ids(result.models), ids(before));
  });

  test(`what an administrator decided stays`, async () => {
    await using place = await openTestStore(engine);
    const { store } = place;
    const { organizationId } = await first(store, [offer('a'), offer('b'), guide()]);
    const follow = (...models: EnvironmentModel[]) => store.execute('followEnvironment', { models, now });
    const update = async (model: string, changes: object) => {
      const id = (await look(store)).models.find((one) => one.model === model)?.id ?? '';
      await store.execute('updateModel', { organizationId, id, changes, byOperator: true, now });
    };
    // A model that was switched off is not chosen, and stays off when its variable returns.
    await update('a', { isActive: false, name: 'renamed', contextWindow: 5 });
    await follow(offer('a'), offer('b'), guide());
    await follow(guide());
    await follow(offer('a'), offer('b'), guide());
    const seen = await look(store);
    assert.deepEqual(seen.active, ['b', 'guide']);
    assert.equal(seen.answers, 'b');
    const kept = seen.models.find((model) => model.model === 'a');
    assert.deepEqual([kept?.name, kept?.contextWindow], ['renamed', 5]);
    // A model that was changed does not follow the environment any more; the environment's model is added beside it.
    await update('b', { baseUrl: 'https://own.example/v1', apiKeyEnv: null });
    await follow(guide());
    assert.deepEqual((await look(store)).active, ['b', 'guide']);
    await follow(offer('b'), guide());
    assert.deepEqual((await look(store)).active, ['b', 'guide', 'b']);
  });

  for (const [what, change] of [
    ['a new name', (ids) => ['updatePersona', { ...ids, changes: { name: 'Mine' } }]],
    ['a draft', (ids) => ['putNextVersion', { ...ids, revision: { ...draft, modelId: ids.modelId } }]],
    ['a rollback', (ids) => ['rollbackPersona', { ...ids, version: 1 }]],
  ] as [string, (ids: { modelId: string }) => [never, never]][]) {
    test(`after ${what} assistant does not follow any more, the default does`, async () => {
      await using place = await openTestStore(engine);
      const { store } = place;
      const { organizationId } = await first(store, [offer('a'), guide()]);
      const { assistant, organization } = await look(store);
      const modelId = organization.defaultModelId ?? '';
      const ids = { organizationId, id: assistant.id, now, modelId };
      await store.execute(...change(ids));
      await store.execute('followEnvironment', { models: [offer('b'), offer('a'), guide()], now });
      const seen = await look(store);
      assert.deepEqual([seen.answers, seen.byDefault, seen.version], ['a', 'b', 1]);
    });
  }

  test(`a default that was set does not follow any more, assistant does`, async () => {
    await using place = await openTestStore(engine);
    const { store } = place;
    const { organizationId } = await first(store, [offer('a'), guide()]);
    const defaultModelId = (await look(store)).organization.defaultModelId;
    await store.execute('updateOrganization', { organizationId, name: 'still follows', now });
    await store.execute('updateOrganization', { organizationId, defaultModelId, now });
    await store.execute('followEnvironment', { models: [offer('b'), offer('a'), guide()], now });
    const seen = await look(store);
    assert.deepEqual([seen.answers, seen.byDefault], ['b', 'a']);
  });
});

const draft = {
  systemPrompt: 'x',
  temperature: null,
  topP: null,
  maxTokens: null,
  stop: null,
  seed: null,
  internet: false,
  fallbacks: [],
};
