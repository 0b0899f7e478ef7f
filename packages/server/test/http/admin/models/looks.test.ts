/** Looks at a model's server: when it is saved, when it is tested, and to see what is offered. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { refuse } from 'colloquy-testkit/upstream/scripted-answers';
import { organizationScope } from '../../../../src/auth/scopes.ts';
import { newId } from '../../../../src/domain/ids.ts';
import { discoverModels } from '../../../../src/models/discover.ts';
import type { ModelServer } from '../../../../src/models/registry.ts';
import { createAddressGuard } from '../../../../src/network/address-guard.ts';
import { createGuardedAgent } from '../../../../src/network/guarded-agent.ts';
import { findModelStates } from '../../../../src/store/queries/model-states.ts';
import { readLog } from '../../../generation/engines.ts';
import { startAdminApp } from '../admin-app.ts';

onBothStores('looks at servers', async (engine) => {
  const app = await startAdminApp(engine);
  const guarded = createGuardedAgent({ guard: createAddressGuard({ ports: 'any' }), connectMs: 1000 });
  after(async () => {
    await guarded.destroy();
    await app[Symbol.asyncDispose]();
  });
  const organization = await app.organization();
  const path = `/organizations/${organization}/models`;
  const adminKey = (await app.key(organization, 'admin')).key;
  const away = app.discover;
  const found: { server: ModelServer; isGuarded: boolean }[] = [];
  const answer = (baseUrl: string) => {
    found.length = 0;
    app.discover = async (server, { isGuarded }) => {
      found.push({ server, isGuarded });
      return {
        baseUrl,
        isFound: true,
        list: { ok: true, models: [{ name: 'm', contextWindow: 4096 }, { name: 'other' }] },
      };
    };
  };
  const good = { name: 'x', provider: 'openai-compatible', model: 'm', base_url: 'https://llm.example' };

  test('a saved address becomes that of the API, and the listed window the model’s', async () => {
    answer('https://llm.example/v1');
    const made = await app.call('POST', path, {
      ...good,
      api_key: 'k',
      headers: { a: 'b' },
      query: { c: 'd' },
    });
    assert.deepEqual(
      [made.body.base_url, made.body.context_window, made.body.context_window_source],
      ['https://llm.example/v1', 4096, 'listed'],
    );
    const { server, isGuarded } = found[0] ?? assert.fail();
    assert.deepEqual(
      [server.apiKey, server.headers, server.query, server.baseUrl, isGuarded],
      ['k', { a: 'b' }, { c: 'd' }, 'https://llm.example', false],
    );
    const set = await app.call('POST', path, { ...good, context_window: 1000 }, adminKey);
    assert.deepEqual([set.body.context_window, set.body.context_window_source], [1000, 'set']);
    assert.equal(found[1]?.isGuarded, true);
    // Another model has another window.
    const patched = await app.call('PATCH', `${path}/${made.body.id}`, { model: 'other' });
    assert.deepEqual([patched.body.context_window, patched.body.context_window_source], [null, 'assumed']);
    assert.equal(found.length, 2);
    app.discover = away;
  });

  test('a server that is away holds up nothing; an endpoint is no part of the address', async () => {
    const made = await app.call('POST', path, {
      ...good,
      base_url: 'https://llm.example/v1/chat/completions/',
    });
    assert.deepEqual([made.status, made.body.base_url], [201, 'https://llm.example/v1']);
    const same = await app.call('PATCH', `${path}/${made.body.id}`, {
      base_url: 'https://llm.example/v1/models',
    });
    assert.deepEqual([same.status, same.body.base_url], [200, 'https://llm.example/v1']);
  });

  test('what is offered is told, and nothing stored', async () => {
    answer('https://llm.example/v1');
    const before = (await app.call('GET', path)).body.data.length;
    const { provider, base_url } = good;
    const told = await app.call('POST', `${path}/discover`, {
      provider,
      base_url,
      preset: 'vllm',
      api_key: 'k',
    });
    assert.equal(told.status, 200, told.text);
    assert.deepEqual(told.body, {
      ok: true,
      base_url: 'https://llm.example/v1',
      models: [
        { model: 'm', context_window: 4096 },
        { model: 'other', context_window: null },
      ],
      error: null,
      hint: 'the API is at https://llm.example/v1',
    });
    assert.equal((await app.call('GET', path)).body.data.length, before);
    app.discover = away;
    const failed = await app.call('POST', `${path}/discover`, { provider: 'openai', api_key: 'k' });
    assert.deepEqual(failed.body, { ok: false, base_url: null, models: [], error: 'away', hint: null });
    answer('https://api.groq.com/openai/v1');
    const preset = await app.call('POST', `${path}/discover`, { provider, preset: 'groq' });
    assert.deepEqual([preset.body.ok, preset.body.hint], [true, null]);
    assert.equal(found[0]?.server.baseUrl, 'https://api.groq.com/openai/v1');
    app.discover = away;
  });

  test('what can’t be asked is refused', async () => {
    const wrong: [body: object, field: RegExp][] = [
      [{}, /provider/],
      [{ provider: 'local' }, /provider/],
      [{ provider: 'guide' }, /provider/],
      [{ provider: 'openai-compatible' }, /base_url is required/],
      [{ provider: 'azure' }, /base_url is required/],
      [{ provider: 'openai-compatible', preset: 'vllm' }, /base_url is required/],
      [{ provider: 'openai', preset: 'groq' }, /preset must be absent/],
      [{ provider: 'openai', base_url: 'nonsense' }, /base_url must be an http/],
      [{ provider: 'openai', headers: { host: 'x' } }, /headers\.host/],
      [{ provider: 'openai', model: 'x' }, /model/],
    ];
    for (const [body, field] of wrong) {
      const refused = await app.call('POST', `${path}/discover`, body);
      assert.equal(refused.status, 400, refused.text);
      assert.match(refused.body.error, field);
    }
  });

  test('an organization’s admin reaches no private address, by name neither', async () => {
    app.discover = (server, { isGuarded }) => {
      assert.ok(isGuarded);
      return discoverModels({ ...server, dispatcher: guarded, timeoutMs: 1000 });
    };
    for (const host of ['127.0.0.1:9', '10.0.0.1', '[::1]', 'localhost', '169.254.169.254']) {
      const body = { provider: 'openai-compatible', base_url: `http://${host}/v1` };
      const refused = await app.call('POST', `${path}/discover`, body, adminKey);
      assert.deepEqual([refused.status, refused.body.code], [403, 'forbidden'], host);
    }
    const rebound = createGuardedAgent({
      guard: createAddressGuard({ ports: 'any' }),
      connectMs: 1000,
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    });
    app.discover = (server) => discoverModels({ ...server, dispatcher: rebound, timeoutMs: 1000 });
    const body = { provider: 'openai-compatible', base_url: 'http://rebound.example/v1' };
    const told = await app.call('POST', `${path}/discover`, body, adminKey);
    assert.deepEqual([told.status, told.body.ok], [200, false]);
    await rebound.destroy();
    app.discover = away;
  });

  test('the last test is kept, with the window that it found', async () => {
    const { id } = (await app.call('POST', path, good)).body;
    app.nextTest = {
      ok: false,
      latency_ms: 12,
      error: 'it said no',
      hint: 'do this',
      found: { baseUrl: null, models: 3, isListed: true, contextWindow: 2048 },
    };
    const tested = await app.call('POST', `${path}/${id}/test`);
    assert.deepEqual(tested.body.found, { base_url: null, models: 3, is_listed: true, context_window: 2048 });
    assert.equal(tested.body.hint, 'do this');
    const { body } = await app.call('GET', `${path}/${id}`);
    const { at, ...last } = body.last_test;
    assert.deepEqual(last, { ok: false, latency_ms: 12, error: 'it said no', hint: 'do this' });
    assert.ok(Date.parse(at) > 0);
    assert.deepEqual([body.context_window, body.context_window_source], [2048, 'listed']);
    await app.call('PATCH', `${path}/${id}`, { context_window: 99 });
    await app.call('POST', `${path}/${id}/test`);
    assert.equal((await app.call('GET', `${path}/${id}`)).body.context_window, 99);
    app.nextTest = undefined;
  });

  test('calls and failures of the last day are counted', async () => {
    const scope = organizationScope(organization);
    const { id } = (await app.call('POST', path, good)).body;
    assert.deepEqual((await app.call('GET', `${path}/${id}`)).body.last_day, { calls: 0, errors: 0 });
    const { harness } = app;
    const own = `/organizations/${harness.scope.organizationId}/models/${harness.modelId}`;
    const before = (await app.call('GET', own)).body.last_day;
    const answerOnce = async (): Promise<void> => {
      const { generationId } = await app.engine.accept(harness.turn({ text: 'Hello' }));
      await readLog(app.engine, generationId).ended;
    };
    await answerOnce();
    harness.upstream.enqueue(refuse(400));
    await answerOnce();
    const after = (await app.call('GET', own)).body.last_day;
    assert.equal(after.errors, before.errors + 1);
    assert.ok(after.calls > before.calls);
    const listed = (await app.call('GET', own.replace(/\/[^/]+$/, ''))).body.data;
    assert.deepEqual(listed.find((model: { id: string }) => model.id === harness.modelId)?.last_day, after);
    const others = await findModelStates(app.store.reads, scope, [harness.modelId, newId()], 0);
    assert.equal(others.size, 0);
  });
});
