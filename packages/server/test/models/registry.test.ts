/** Every provider of the closed list is complete, and records become models by it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalog } from '../../src/catalog.ts';
import { parseConfig } from '../../src/config/config.ts';
import { silentLogger } from '../../src/domain/logger.ts';
import { type ModelRecord, presets, providers } from '../../src/domain/model.ts';
import { listOfferedModels } from '../../src/first-start/offered-models.ts';
import { createGuide } from '../../src/models/guide/guide.ts';
import { startLocalModel } from '../../src/models/local/local-model.ts';
import type { RemoteProviderModule } from '../../src/models/providers/provider.ts';
import { environmentProviders, providerRegistry } from '../../src/models/providers/registry.ts';
import { ModelRegistry } from '../../src/models/registry.ts';
import { createRemoteModel } from '../../src/models/remote-model.ts';
import { type Harness, startHarness } from './remote-models.ts';

const guide = createGuide({ documents: [], variables: ['OPENAI_API_KEY'] });

function recordOf(provider: string, changes: Partial<ModelRecord> = {}): ModelRecord {
  return {
    id: 'id',
    organizationId: 'organization',
    name: 'Name',
    provider: provider as ModelRecord['provider'],
    model: 'model',
    baseUrl: null,
    apiKeyEncrypted: null,
    apiKeyEnv: null,
    contextWindow: null,
    maxOutputTokens: null,
    prices: null,
    isActive: true,
    canContinue: false,
    fromEnvironment: true,
    createdAt: 0,
    updatedAt: 0,
    ...changes,
  };
}

function registryOf(harness: Harness): ModelRegistry {
  return new ModelRegistry({
    remote: harness.runtime,
    local: startLocalModel({ choice: { kind: 'off' }, dataDir: '.' }),
    guide,
    logger: silentLogger,
    openKey: (sealed) => `${sealed} opened`,
    lookupEnvironment: () => undefined,
  });
}

function isRemote(
  module: (typeof providerRegistry)[keyof typeof providerRegistry],
): module is RemoteProviderModule {
  return 'wire' in module;
}

test('the registry has the providers of the closed list, each under its name', () => {
  assert.deepEqual(Object.keys(providerRegistry).toSorted(), [...providers].toSorted());
  for (const [name, module] of Object.entries(providerRegistry)) assert.equal(module.name, name);
});

for (const name of providers) {
  test(`${name}: a record of it becomes a model`, async () => {
    await using harness = await startHarness();
    await using registry = registryOf(harness);
    const needsAddress = name === 'openai-compatible';
    const model = registry.get(recordOf(name, { baseUrl: needsAddress ? harness.upstream.openAiUrl : null }));
    // The guide answers while there is no local model.
    assert.equal(model.provider, name === 'local' ? 'guide' : name);
    assert.equal(await registry.whenReady(recordOf(name, { baseUrl: harness.upstream.openAiUrl })), model);
  });
}

for (const module of Object.values(providerRegistry).filter(isRemote)) {
  test(`${module.name}: it says where it is, or its models must`, async () => {
    await using harness = await startHarness();
    const record = { provider: module.name, model: 'm' };
    if (module.baseUrl === undefined) {
      assert.throws(() => createRemoteModel(record, harness.runtime), /base_url/);
    } else {
      assert.equal(new URL(module.baseUrl).protocol, 'https:');
      assert.equal(createRemoteModel(record, harness.runtime).provider, module.name);
      assert.ok(module.defaultModel);
    }
    for (const baseUrl of ['ftp://x', 'nonsense']) {
      assert.throws(() => createRemoteModel({ ...record, baseUrl }, harness.runtime), TypeError);
    }
  });

  test(`${module.name}: only where it may, a record declares that it continues a prefix`, async () => {
    await using harness = await startHarness();
    const record = { provider: module.name, model: 'm', baseUrl: harness.upstream.openAiUrl };
    const { canContinue } = createRemoteModel({ ...record, canContinue: true }, harness.runtime);
    assert.equal(canContinue, module.continuesPrefix === 'if-declared');
    assert.equal(createRemoteModel(record, harness.runtime).canContinue, false);
  });
}

test('what a model can do is asked of the model, also where the guide stands in for another', async () => {
  await using harness = await startHarness();
  await using registry = registryOf(harness);
  const abilitiesOf = (record: ModelRecord) => {
    const { followsPrompts, writesQueries, canContinue } = registry.get(record);
    return { followsPrompts, writesQueries, canContinue };
  };
  const none = { followsPrompts: false, writesQueries: false, canContinue: false };
  assert.deepEqual(abilitiesOf(recordOf('guide')), none);
  assert.deepEqual(abilitiesOf(recordOf('local')), none);
  const file = recordOf('local', { fromEnvironment: false, model: '/models/one.gguf' });
  assert.deepEqual(abilitiesOf(file), { followsPrompts: true, writesQueries: false, canContinue: true });
  for (const module of Object.values(providerRegistry).filter(isRemote)) {
    const record = recordOf(module.name, { id: module.name, baseUrl: harness.upstream.openAiUrl });
    assert.deepEqual(abilitiesOf(record), { followsPrompts: true, writesQueries: true, canContinue: false });
  }
});

test('a provider that only a later version knows makes its models unavailable', async () => {
  await using harness = await startHarness();
  await using registry = registryOf(harness);
  for (const name of ['newcomer', 'toString']) {
    assert.throws(() => registry.get(recordOf(name)), { code: 'model_unavailable' });
  }
});

test('every preset, and nothing else than providers and presets, is set up by variables of its own', () => {
  const names = environmentProviders.map(({ name }) => name);
  for (const preset of presets) assert.ok(names.includes(preset), preset);
  assert.equal(new Set(names).size, names.length);
  const variables = environmentProviders.flatMap(({ variables: { apiKey, baseUrl, models } }) =>
    [apiKey, baseUrl, models].filter((name) => name !== undefined),
  );
  assert.equal(new Set(variables).size, variables.length);
  for (const { name, variables } of environmentProviders) {
    assert.ok(variables.apiKey ?? variables.baseUrl, `${name} can't be set up`);
  }
});

for (const { name, provider, variables, contextWindow } of environmentProviders) {
  test(`${name}: its variables offer its models`, async () => {
    await using harness = await startHarness();
    const { config, problems } = parseConfig(
      {
        ...(variables.apiKey !== undefined && { [variables.apiKey]: 'a-key' }),
        ...(variables.baseUrl !== undefined && { [variables.baseUrl]: 'http://127.0.0.1:1' }),
        [variables.models]: 'one,two',
      },
      catalog,
    );
    assert.ok(config, JSON.stringify(problems));
    await using local = startLocalModel({ choice: { kind: 'off' }, dataDir: '.' });
    const offered = await listOfferedModels(config, local, harness.runtime.dispatcher, assert.fail);
    const baseUrl =
      variables.baseUrl === undefined ? null : `http://127.0.0.1:1${variables.baseUrlSuffix ?? ''}`;
    const apiKeyEnv = variables.apiKey ?? null;
    const common = { provider, baseUrl, apiKeyEnv, contextWindow: contextWindow ?? null };
    assert.deepEqual(offered, [
      { ...common, name: 'one', model: 'one' },
      { ...common, name: 'two', model: 'two' },
      {
        name: 'guide',
        provider: 'guide',
        model: 'guide',
        baseUrl: null,
        apiKeyEnv: null,
        contextWindow: null,
      },
    ]);
  });
}
