/** Every provider of the closed list is complete, and records become models by it. */
import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { test } from 'node:test';
import { refuse } from 'colloquy-testkit/upstream/scripted-answers';
import { catalog } from '../../src/catalog.ts';
import { parseConfig } from '../../src/config/config.ts';
import { newId } from '../../src/domain/ids.ts';
import { silentLogger } from '../../src/domain/logger.ts';
import { defaultRequestSettings, type ModelRecord, providers } from '../../src/domain/model.ts';
import { listRemoteOffers } from '../../src/first-start/remote-offers.ts';
import { discoverModels } from '../../src/models/discover.ts';
import { createGuide } from '../../src/models/guide/guide.ts';
import { startLocalModel } from '../../src/models/local/local-model.ts';
import { ModelError } from '../../src/models/model-error.ts';
import type { RemoteProviderModule } from '../../src/models/providers/provider.ts';
import { environmentProviders, knownServers, providerRegistry } from '../../src/models/providers/registry.ts';
import { ModelRegistry, type RegistryOptions } from '../../src/models/registry.ts';
import { createRemoteModel } from '../../src/models/remote-model.ts';
import { testStoredModel } from '../../src/models/test-stored-model.ts';
import { createAddressGuard } from '../../src/network/address-guard.ts';
import { createGuardedAgent } from '../../src/network/guarded-agent.ts';
import { refusalOfHost } from '../../src/network/guarded-host.ts';
import { collect, type Harness, hello, startHarness } from './remote-models.ts';

const guide = createGuide({ documents: [], variables: ['OPENAI_API_KEY'] });

function recordOf(provider: string, changes: Partial<ModelRecord> = {}): ModelRecord {
  return {
    id: 'id',
    organizationId: 'organization',
    name: 'Name',
    provider: provider as ModelRecord['provider'],
    preset: null,
    ...defaultRequestSettings,
    contextWindowSource: 'assumed',
    learnt: {},
    learntAt: null,
    fallbacks: [],
    model: 'model',
    baseUrl: null,
    apiKeyEncrypted: null,
    addressIsGuarded: false,
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

function registryOf(harness: Harness, learnt: unknown[] = []): ModelRegistry {
  return new ModelRegistry(optionsOf(harness, learnt));
}

function optionsOf(harness: Harness, learnt: unknown[] = []): RegistryOptions {
  return {
    remote: harness.runtime,
    guarded: harness.runtime.dispatcher,
    local: startLocalModel({ choice: { kind: 'off' }, dataDir: '.' }),
    guide,
    logger: silentLogger,
    environment: {},
    openKey: (sealed) => `${sealed} opened`,
    lookupEnvironment: () => undefined,
    learn: (record, facts) => void learnt.push([record.id, facts]),
  };
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
    const needsAddress = name === 'openai-compatible' || name === 'azure';
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

for (const provider of ['openai-compatible', 'anthropic'] as const) {
  test(`${provider}: the settings of a record are in its requests`, async () => {
    await using harness = await startHarness();
    await using registry = registryOf(harness);
    const baseUrl = provider === 'anthropic' ? harness.upstream.anthropicUrl : harness.upstream.openAiUrl;
    const record = recordOf(provider, {
      baseUrl,
      apiKeyEncrypted: 'key',
      sealedHeaders: { 'X-Team': 'a', 'User-Agent': 'b' },
      sealedQuery: { 'api-version': '2024 & more' },
      extraBody: { top_k: 5, temperature: 0.5, nested: { kept: [1] } },
    });
    await collect(registry.get(record), { ...hello, parameters: { temperature: 1 } });
    const [sent] = harness.upstream.requests;
    assert.equal(sent?.headers['x-team'], 'a opened');
    assert.equal(sent?.headers['user-agent'], 'b opened');
    assert.equal(sent?.headers['content-type'], 'application/json');
    const url = new URL(sent?.path ?? '', 'http://x');
    assert.equal(url.searchParams.get('api-version'), '2024 & more opened');
    assert.deepEqual(
      [sent?.body?.top_k, sent?.body?.temperature, sent?.body?.nested],
      [5, 0.5, { kept: [1] }],
    );
    assert.equal(sent?.body?.stream, true);
    await collect(registry.get({ ...record, stream: false, updatedAt: 1 }));
    const whole = harness.upstream.requests[1];
    assert.deepEqual([whole?.body?.stream, whole?.body?.stream_options], [false, undefined]);
    assert.equal(whole?.headers.accept, 'application/json');
  });
}

test('a record says which field bounds an answer, and what role instructions have', async () => {
  await using harness = await startHarness();
  await using registry = registryOf(harness);
  const record = recordOf('openai-compatible', { baseUrl: harness.upstream.openAiUrl });
  const request = {
    messages: [{ role: 'system', text: 'Be kind.' } as const, ...hello.messages],
    parameters: { maxTokens: 7 },
  };
  const cases = [
    ['auto', 'system', 'max_tokens', ['system', 'user']],
    ['max_tokens', 'user', 'max_tokens', ['user']],
    ['max_completion_tokens', 'developer', 'max_completion_tokens', ['developer', 'user']],
  ] as const;
  for (const [tokenField, systemRole, field, roles] of cases) {
    await collect(registry.get({ ...record, id: tokenField, tokenField, systemRole }), request);
    const body = harness.upstream.requests.at(-1)?.body;
    assert.equal(body?.[field], 7);
    assert.deepEqual(
      body?.messages?.map(({ role }) => role),
      roles,
    );
  }
});

test('timeouts and retries of a record count before those of the environment', async () => {
  await using harness = await startHarness();
  await using registry = registryOf(harness);
  const record = recordOf('openai-compatible', { baseUrl: harness.upstream.openAiUrl });
  harness.upstream.setDefault(refuse(500));
  await collect(registry.get({ ...record, maxRetries: 0 }));
  assert.equal(harness.upstream.requests.length, 1);
  await collect(registry.get({ ...record, id: 'other', maxRetries: 4 }));
  assert.equal(harness.upstream.requests.length, 6);
});

test('a client is made anew when its record was changed or something was learnt', async () => {
  await using harness = await startHarness();
  await using registry = registryOf(harness);
  const record = recordOf('openai', { updatedAt: 1 });
  const model = registry.get(record);
  assert.equal(registry.get({ ...record }), model);
  const informed = registry.get({ ...record, learntAt: 5 });
  assert.notEqual(informed, model);
  assert.equal(registry.get({ ...record, learntAt: 5 }), informed);
  assert.notEqual(registry.get({ ...record, learntAt: 5, updatedAt: 2 }), informed);
});

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

test('every provider and preset with an address of its own is set up by variables of its own', () => {
  const names = environmentProviders.map(({ name }) => name);
  for (const { module } of knownServers) {
    if (module.baseUrl !== undefined) assert.ok(names.includes(module.name), module.name);
  }
  assert.equal(new Set(names).size, names.length);
  const variables = environmentProviders.flatMap(({ variables: { apiKey, baseUrl, models } }) =>
    [apiKey, baseUrl, models].filter((name) => name !== undefined),
  );
  assert.equal(new Set(variables).size, variables.length);
  for (const { name, variables } of environmentProviders) {
    assert.ok(variables.apiKey ?? variables.baseUrl, `${name} can't be set up`);
  }
});

for (const { name, provider, preset, variables, contextWindow, baseUrl: own } of environmentProviders) {
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
    const [found, ...others] = await listRemoteOffers(config, harness.runtime.dispatcher);
    assert.deepEqual(others, []);
    const baseUrl =
      variables.baseUrl === undefined ? (own ?? null) : `http://127.0.0.1:1${variables.baseUrlSuffix ?? ''}`;
    const apiKeyEnv = variables.apiKey ?? null;
    const isForeign = variables.baseUrl !== undefined;
    const why = `${variables.models} names it`;
    const window = {
      contextWindow: isForeign && preset === null ? null : (contextWindow ?? null),
      contextWindowSource: 'assumed',
    } as const;
    const common = { provider, preset, baseUrl, apiKeyEnv, ...window, why };
    assert.deepEqual(found?.offers, [
      { ...common, name: 'one', model: 'one' },
      { ...common, name: 'two', model: 'two' },
    ]);
  });
}

test('an address that an organization’s administrator wrote is reached by guarded connections', async () => {
  await using harness = await startHarness();
  const guarded = createGuardedAgent({ guard: createAddressGuard({ ports: 'any' }), connectMs: 5_000 });
  await using strict = new ModelRegistry({ ...optionsOf(harness), guarded });
  const baseUrl = harness.upstream.openAiUrl;
  const record = (changes: Partial<ModelRecord>) => recordOf('openai-compatible', { baseUrl, ...changes });
  assert.equal((await collect(strict.get(record({ id: newId() })))).error, undefined);
  const { error } = await collect(strict.get(record({ id: newId(), addressIsGuarded: true })));
  assert.ok(error instanceof ModelError);
  assert.equal(
    error.message,
    'the connection to the provider openai-compatible failed: its address is not public, and only the operator may use such a one',
  );
  assert.equal(error.retryable, false);
  assert.equal(harness.upstream.requests.length, 1);
  const own = [null, 'https://api.openai.com/v1', 'https://api.groq.com/openai/v1'];
  for (const known of own) {
    const dispatcher = strict.dispatcherOf(record({ baseUrl: known, addressIsGuarded: true }));
    assert.equal(dispatcher, harness.runtime.dispatcher, `${known}`);
  }
  for (const foreign of [
    'http://api.openai.com/v1',
    'https://api.openai.com.example/v1',
    'https://api.openai.com:8443',
  ]) {
    assert.equal(strict.dispatcherOf(record({ baseUrl: foreign, addressIsGuarded: true })), guarded, foreign);
  }
  await guarded.destroy();
});

test('a name that leads elsewhere after it was looked at shows nothing of what is there', async () => {
  await using harness = await startHarness();
  const { port } = new URL(harness.upstream.openAiUrl);
  const baseUrl = `http://rebound.example:${port}/v1`;
  const addresses = [
    ['127.0.0.1', 'a loopback address'],
    ['169.254.169.254', 'a link-local address'],
    ['10.0.0.7', 'a private address'],
    ['fd00::1', 'a private address'],
  ] as const;
  for (const [inside, kind] of addresses) {
    const answers = ['93.184.216.34', inside];
    const resolve = async () => {
      const address = (answers.length > 1 ? answers.shift() : answers[0]) ?? '';
      return [{ address, family: isIPv6(address) ? 6 : 4 }];
    };
    const guard = createAddressGuard({ ports: 'any' });
    // The first answer is that of the check when the address is saved.
    assert.equal(await refusalOfHost(new URL(baseUrl), guard, resolve), undefined);
    const guarded = createGuardedAgent({ guard, resolve, connectMs: 1_000 });
    await using strict = new ModelRegistry({ ...optionsOf(harness), guarded });
    const record = recordOf('openai-compatible', { id: newId(), baseUrl, addressIsGuarded: true });
    const sentence = `base_url leads to ${kind}; only the operator's admin key may set such a one`;
    const { ok, error, found } = await testStoredModel(strict, record);
    assert.deepEqual([ok, error, found?.models], [false, sentence, null]);
    const server = { provider: 'openai-compatible', baseUrl, apiKey: 'sk-of-the-tenant' } as const;
    const { list } = await discoverModels({ ...server, dispatcher: guarded });
    assert.deepEqual(list, { ok: false, error: sentence });
    const call = await collect(strict.get(record));
    assert.match(String(call.error), /its address is not public/);
    await guarded.destroy();
  }
  assert.equal(harness.upstream.requests.length, 0);
});
