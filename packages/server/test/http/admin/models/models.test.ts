import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { organizationScope } from '../../../../src/auth/scopes.ts';
import { newId } from '../../../../src/domain/ids.ts';
import { createSecretBox } from '../../../../src/domain/secrets/secret-box.ts';
import { findModel, pageActiveModels } from '../../../../src/store/queries/models.ts';
import { serverSecret, startAdminApp } from '../admin-app.ts';

const providerKey = 'sk-a-provider-key-that-must-stay-hidden';

onBothStores('models', async (engine) => {
  const app = await startAdminApp(engine);
  after(() => app[Symbol.asyncDispose]());
  const organization = await app.organization();
  const path = `/organizations/${organization}/models`;
  const adminKey = (await app.key(organization, 'admin')).key;

  test('made whole, read, changed, cleared', async () => {
    const settings = {
      name: 'Router',
      provider: 'openai-compatible',
      model: 'meta/llama',
      base_url: 'https://openrouter.example/api/v1',
      context_window: 128000,
      max_output_tokens: 4000,
      prices: { input: 0.25, output: 1.5 },
      is_active: false,
    };
    const made = await app.call('POST', path, { ...settings, base_url: `${settings.base_url}//` });
    assert.equal(made.status, 201);
    const { id, created_at, updated_at } = made.body;
    assert.deepEqual(made.body, {
      id,
      ...settings,
      api_key_env: null,
      can_continue: false,
      preset: null,
      headers: [],
      query: [],
      extra_body: null,
      token_field: 'auto',
      system_role: 'system',
      greeting_role: 'system',
      think_tags: 'auto',
      stream: true,
      timeouts: null,
      max_retries: null,
      fallbacks: [],
      context_window_source: 'set',
      learnt: null,
      last_test: null,
      last_day: { calls: 0, errors: 0 },
      has_api_key: false,
      from_environment: false,
      created_at,
      updated_at,
    });
    assert.equal(made.headers.location, `/api/admin${path}/${id}`);
    const patched = await app.call('PATCH', `${path}/${id}`, {
      prices: null,
      context_window: null,
      is_active: true,
      name: 'R',
    });
    assert.equal(patched.status, 200);
    assert.deepEqual(patched.body, {
      ...made.body,
      prices: null,
      context_window: null,
      context_window_source: 'assumed',
      is_active: true,
      name: 'R',
      updated_at: patched.body.updated_at,
    });
    assert.deepEqual((await app.call('GET', `${path}/${id}`)).body, patched.body);
    assert.equal((await app.call('DELETE', `${path}/${id}`)).status, 204);
    assert.equal((await app.call('GET', `${path}/${id}`)).status, 404);
    assert.equal((await app.call('DELETE', `${path}/${id}`)).status, 404);
  });

  test('a key is written and never shown; at rest it is encrypted', async () => {
    const made = await app.call('POST', path, {
      name: 'x',
      provider: 'openai',
      model: 'x',
      api_key: providerKey,
    });
    assert.equal(made.body.has_api_key, true);
    assert.equal(made.text.includes(providerKey), false);
    const scope = organizationScope(organization);
    const record = await findModel(app.store.reads, scope, made.body.id);
    assert.equal(
      createSecretBox(serverSecret).open(record?.apiKeyEncrypted ?? '', made.body.id),
      providerKey,
    );
    assert.equal(JSON.stringify(record).includes(providerKey), false);
    if (engine === 'sqlite') {
      const files = (await readdir(app.dataDir)).filter((name) => name.startsWith('colloquy.db'));
      assert.ok(files.length > 0);
      for (const name of files) {
        const bytes = await readFile(join(app.dataDir, name));
        assert.equal(bytes.includes(providerKey), false, name);
      }
    }
    const removed = await app.call('PATCH', `${path}/${made.body.id}`, { api_key: null });
    assert.equal(removed.body.has_api_key, false);
  });

  test('an idempotent retry does not store the key in its result either', async () => {
    const post = () =>
      app.inject({
        method: 'POST',
        url: `/api/admin${path}`,
        headers: { authorization: `Bearer ${adminKey}`, 'idempotency-key': 'model' },
        payload: { name: 'x', provider: 'openai', model: 'x', api_key: providerKey },
      });
    const [first, second] = [await post(), await post()];
    assert.deepEqual([first.status, second.status], [201, 201]);
    assert.equal(second.body.id, first.body.id);
    const claims = await app.store.reads.selectFrom('idempotency').selectAll().execute();
    assert.equal(JSON.stringify(claims).includes(providerKey), false);
  });

  test('a call is tried with the stored model', async () => {
    const id = await app.model(organization);
    const answer = await app.call('POST', `${path}/${id}/test`);
    assert.deepEqual(
      [answer.status, answer.body],
      [200, { ok: true, latency_ms: 7, error: null, hint: null, found: null }],
    );
    assert.equal(app.tested.at(-1)?.id, id);
    assert.equal((await app.call('POST', `${path}/${newId()}/test`)).status, 404);
  });

  test('what is wrong is named', async () => {
    const good = { name: 'x', provider: 'openai', model: 'x' };
    const wrong: [body: object, error: RegExp][] = [
      [{ ...good, provider: 'opnai' }, /provider must be one of "openai"/],
      [{ ...good, provider: 'openai-compatible' }, /base_url/],
      [{ ...good, base_url: 'nonsense' }, /base_url must be an http/],
      [{ ...good, base_url: 'ftp://example.com' }, /base_url must be an http/],
      [{ ...good, base_url: 'https://u:p@example.com' }, /base_url must be an http/],
      [{ ...good, base_url: 'https://example.com?x' }, /base_url must be an http/],
      [{ ...good, base_ulr: 'https://example.com' }, /did you mean base_url/],
      [{ ...good, prices: { input: 1 } }, /prices.output is required/],
      [{ ...good, prices: { input: -1, output: 1 } }, /prices.input must be/],
      [{ ...good, context_window: 0 }, /context_window must be/],
      [{ ...good, context_window: '5' }, /context_window must be an integer/],
      [{ ...good, api_key: 'k', api_key_env: 'K' }, /api_key_env/],
      [{ ...good, api_key: 'new\nline' }, /api_key/],
      [{ ...good, provider: 'guide', base_url: 'https://example.com' }, /base_url/],
      [{ ...good, provider: 'guide', api_key: 'k' }, /api_key/],
    ];
    for (const [body, error] of wrong) {
      const answer = await app.call('POST', path, body);
      assert.equal(answer.status, 400, JSON.stringify(body));
      assert.match(answer.body.error, error);
    }
  });

  test("the operator's fields are the operator's", async () => {
    const good = { name: 'x', provider: 'openai', model: 'x' };
    const reserved = [
      { ...good, api_key_env: 'OPENAI_API_KEY' },
      { ...good, provider: 'local', model: '/etc/passwd' },
      { ...good, base_url: 'http://127.0.0.1:11434/v1' },
    ];
    for (const body of reserved) {
      const refused = await app.call('POST', path, body, adminKey);
      assert.equal(refused.status, 403, JSON.stringify(body));
      assert.equal(refused.body.code, 'forbidden');
      const { status, body: made } = await app.call('POST', path, body);
      assert.equal(status, 201, JSON.stringify(made));
    }
    const own = await app.model(organization);
    for (const change of [
      { api_key_env: 'COLLOQUY_SECRET' },
      { provider: 'local', model: '/etc/passwd' },
      { base_url: 'http://127.0.0.1' },
    ]) {
      const refused = await app.call('PATCH', `${path}/${own}`, change, adminKey);
      assert.equal(refused.status, 403, JSON.stringify(change));
    }
    const local = (await app.call('POST', path, { ...good, provider: 'local', model: '/a.gguf' })).body.id;
    assert.equal((await app.call('PATCH', `${path}/${local}`, { model: '/b.gguf' }, adminKey)).status, 403);
    assert.equal((await app.call('PATCH', `${path}/${local}`, { name: 'mine' }, adminKey)).status, 200);
  });

  test('what pages may not be read from, only the operator may register a model at', async () => {
    const good = { name: 'x', provider: 'openai-compatible', model: 'x' };
    const own = await app.model(organization);
    for (const host of [
      '168.63.129.16',
      '[::a00:1]',
      '[4000::1]',
      '[2606:4700::5efe:a00:1]',
      'localhost..',
    ]) {
      const base_url = `http://${host}/v1`;
      const made = await app.call('POST', path, { ...good, base_url }, adminKey);
      assert.equal(made.status, 403, host);
      assert.match(made.body.error, /^base_url is on a private network/);
      const changed = await app.call('PATCH', `${path}/${own}`, { base_url }, adminKey);
      assert.equal(changed.status, 403, host);
      assert.equal((await app.call('POST', path, { ...good, base_url })).status, 201, host);
    }
    for (const base_url of ['http://8.8.8.8:8443/v1', 'https://[2606:4700::1111]/v1']) {
      assert.equal((await app.call('POST', path, { ...good, base_url }, adminKey)).status, 201, base_url);
    }
  });

  test("an organization's admin can't have the server's key sent elsewhere", async () => {
    const { id } = (
      await app.call('POST', path, {
        name: 'x',
        provider: 'openai',
        model: 'x',
        api_key_env: 'OPENAI_API_KEY',
      })
    ).body;
    for (const change of [{ base_url: 'https://thief.example/v1' }, { provider: 'mistral' }]) {
      const refused = await app.call('PATCH', `${path}/${id}`, change, adminKey);
      assert.equal(refused.status, 403, JSON.stringify(change));
    }
    assert.equal((await app.call('PATCH', `${path}/${id}`, { is_active: false }, adminKey)).status, 200);
    // With a key of its own, the organization may change the address.
    const own = await app.call(
      'PATCH',
      `${path}/${id}`,
      { base_url: 'https://other.example/v1', api_key: 'own' },
      adminKey,
    );
    assert.deepEqual([own.status, own.body.api_key_env, own.body.has_api_key], [200, null, true]);
  });

  test('a model in use stays, and the answer says by what', async () => {
    const model = await app.model(organization);
    const personas = `/organizations/${organization}/personas`;
    const persona = (await app.call('POST', personas, { name: 'P', alias: 'the-user' })).body.id;
    const revision = { system_prompt: '', model_id: model };
    const expectInUse = async (by: RegExp): Promise<void> => {
      const refused = await app.call('DELETE', `${path}/${model}`);
      assert.deepEqual([refused.status, refused.body.code], [409, 'in_use']);
      assert.match(refused.body.error, by);
    };
    await app.call('PUT', `${personas}/${persona}/next`, revision);
    await expectInUse(/the-user/);
    await app.call('POST', `${personas}/${persona}/submit`);
    await expectInUse(/the-user/);
    // Another version becomes active, so that the first one is past.
    const second = await app.model(organization);
    await app.call('PUT', `${personas}/${persona}/next`, { ...revision, model_id: second });
    await app.call('POST', `${personas}/${persona}/submit`);
    await app.call('PATCH', `/organizations/${organization}`, { default_model_id: model });
    await expectInUse(/default_model_id/);
    await app.call('PATCH', `/organizations/${organization}`, { default_model_id: null });
    assert.equal((await app.call('DELETE', `${path}/${model}`)).status, 204);
    const back = await app.call('POST', `${personas}/${persona}/rollback`, { version: 1 });
    assert.deepEqual([back.status, back.body.code], [409, 'model_unavailable']);
  });

  test('the active ones are listed oldest first', async () => {
    const fresh = await app.organization();
    const ids = [await app.model(fresh), await app.model(fresh), await app.model(fresh)];
    await app.call('PATCH', `/organizations/${fresh}/models/${ids[1]}`, { is_active: false });
    const active = await pageActiveModels(app.store.reads, organizationScope(fresh), undefined, 100);
    assert.deepEqual(
      active.map((model) => model.id),
      [ids[0], ids[2]],
    );
  });
});
