/** How requests to a model are made, as the administration sets it. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { organizationScope } from '../../../../src/auth/scopes.ts';
import { createSecretBox } from '../../../../src/domain/secrets/secret-box.ts';
import { findModel } from '../../../../src/store/queries/models.ts';
import { serverSecret, startAdminApp } from '../admin-app.ts';

onBothStores('settings of requests', async (engine) => {
  const app = await startAdminApp(engine);
  after(() => app[Symbol.asyncDispose]());
  const organization = await app.organization();
  const scope = organizationScope(organization);
  const path = `/organizations/${organization}/models`;
  const adminKey = (await app.key(organization, 'admin')).key;
  const good = { name: 'x', provider: 'openai-compatible', model: 'x', base_url: 'https://llm.example/v1' };
  const patch = (id: string, body: object, key?: string) => app.call('PATCH', `${path}/${id}`, body, key);

  test('every setting is stored, shown, changed and taken back', async () => {
    const fallbacks = [await app.model(organization), await app.model(organization)];
    const written = {
      extra_body: { reasoning_effort: 'low', provider: { order: ['a'] } },
      token_field: 'max_completion_tokens',
      system_role: 'developer',
      think_tags: 'off',
      stream: false,
      timeouts: { connect_ms: 100, idle_ms: 3_600_000 },
      max_retries: 0,
      preset: 'groq',
      fallbacks,
    };
    const secret = {
      headers: { 'X-Team': 'a secret team', Authorization: 'Basic x' },
      query: { v: 'hidden value' },
    };
    const made = await app.call('POST', path, { ...good, ...written, ...secret });
    assert.equal(made.status, 201, made.text);
    const shown = { ...written, headers: ['X-Team', 'Authorization'], query: ['v'] };
    assert.deepEqual({ ...made.body, ...shown }, made.body);
    for (const hidden of ['secret team', 'Basic x', 'hidden value']) assert.ok(!made.text.includes(hidden));
    const { id } = made.body;
    const record = await findModel(app.store.reads, scope, id);
    assert.equal(
      createSecretBox(serverSecret).open(record?.sealedHeaders['X-Team'] ?? '', id),
      'a secret team',
    );
    assert.equal(createSecretBox(serverSecret).open(record?.sealedQuery.v ?? '', id), 'hidden value');
    assert.ok(!JSON.stringify(record).includes('secret team'));

    const changed = await patch(id, {
      headers: { 'X-Other': 'b' },
      timeouts: { first_token_ms: 5 },
      stream: true,
    });
    assert.deepEqual(
      [changed.body.headers, changed.body.timeouts, changed.body.stream, changed.body.system_role],
      [['X-Other'], { first_token_ms: 5 }, true, 'developer'],
    );
    const defaults = {
      headers: [],
      query: [],
      extra_body: null,
      token_field: 'auto',
      system_role: 'system',
      think_tags: 'auto',
      stream: true,
      timeouts: null,
      max_retries: null,
      preset: null,
      fallbacks: [],
    };
    const nulls = Object.fromEntries(Object.keys(defaults).map((name) => [name, null]));
    const cleared = await patch(id, nulls);
    assert.equal(cleared.status, 200, cleared.text);
    assert.deepEqual({ ...cleared.body, ...defaults }, cleared.body);
  });

  test('what is wrong is named, with what is allowed', async () => {
    const self = (await app.call('POST', path, good)).body.id;
    const foreign = await app.model(await app.organization());
    const other = await app.model(organization);
    const header = (name: string, value: unknown = 'x') => ({ headers: { [name]: value } });
    const wrong: [body: object, field: RegExp][] = [
      [header('Host'), /^headers\.Host must be absent/],
      [header('content-type'), /^headers\.content-type must be absent/],
      [header('Content-Whatever'), /^headers\.Content-Whatever/],
      [header('transfer-ENCODING'), /^headers\.transfer-ENCODING/],
      ...['connection', 'keep-alive', 'upgrade', 'expect', 'te', 'trailer', 'proxy-authorization'].map(
        (name): [object, RegExp] => [header(name), new RegExp(`^headers\\.${name} must be absent`)],
      ),
      [header('X Y'), /^headers\.X Y is no allowed name in headers: a name must match \^\[/],
      [header(''), /headers/],
      [header('X:Y'), /^headers\.X:Y is no allowed name/],
      [header('Ünter'), /headers/],
      [header('X-A', 'a\r\nb: c'), /headers/],
      [header('X-A', 'a\nb'), /headers/],
      [header('X-A', '中'), /headers/],
      [header('X-A', ''), /headers/],
      [header('X-A', 5), /headers/],
      [header('X-A', null), /headers/],
      [{ headers: ['X-A'] }, /headers/],
      [{ headers: { 'X-A': 'a', 'x-a': 'b' } }, /headers\.x-a is there twice/],
      [{ headers: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`x-${i}`, 'x'])) }, /headers/],
      [{ query: { 'a b': 'x' } }, /query/],
      [{ query: { a: 'x\ny' } }, /query/],
      [{ query: { a: 1 } }, /query/],
      ...['model', 'messages', 'input', 'stream', 'stream_options', 'tools', 'tool_choice'].map(
        (name): [object, RegExp] => [
          { extra_body: { fine: 1, [name]: null } },
          new RegExp(`^extra_body\\.${name} must be absent`),
        ],
      ),
      [{ extra_body: { a: 'ä'.repeat(32_768) } }, /^extra_body must have at most 64 KiB/],
      [{ extra_body: [] }, /extra_body/],
      [{ extra_body: 'x' }, /extra_body/],
      [{ token_field: 'tokens' }, /token_field/],
      [{ system_role: 'assistant' }, /system_role/],
      [{ think_tags: 'on' }, /think_tags/],
      [{ stream: 'no' }, /stream/],
      [{ timeouts: { connect_ms: 0 } }, /timeouts\.connect_ms/],
      [{ timeouts: { connect_ms: 120_001 } }, /timeouts\.connect_ms/],
      [{ timeouts: { idle_ms: 3_600_001 } }, /timeouts\.idle_ms/],
      [{ timeouts: { total_ms: 5 } }, /total_ms/],
      [{ max_retries: -1 }, /max_retries/],
      [{ max_retries: 11 }, /max_retries/],
      [{ max_retries: 1.5 }, /max_retries/],
      [{ preset: 'grok' }, /preset/],
      [{ fallbacks: [foreign] }, /fallbacks: the organization has no model/],
      [{ fallbacks: [other, other] }, /fallbacks: no model may stand there twice/],
      [{ fallbacks: Array.from({ length: 6 }, () => other) }, /fallbacks/],
      [{ fallbacks: ['x'] }, /fallbacks/],
    ];
    for (const [body, field] of wrong) {
      for (const answer of [await patch(self, body), await app.call('POST', path, { ...good, ...body })]) {
        assert.equal(answer.status, 400, `${JSON.stringify(body).slice(0, 200)}: ${answer.text}`);
        assert.match(answer.body.error, field);
      }
    }
    assert.match((await patch(self, { fallbacks: [self] })).body.error, /no fallback of its own/);
    const small = { extra_body: { a: 'x'.repeat(65_000) }, headers: { 'X-A': 'a'.repeat(8192) } };
    assert.equal((await patch(self, small)).status, 200);
  });

  test('where models run here, or have another format, some settings make no sense', async () => {
    for (const field of [{ headers: { a: 'b' } }, { query: { a: 'b' } }]) {
      const refused = await app.call('POST', path, {
        name: 'x',
        provider: 'guide',
        model: 'guide',
        ...field,
      });
      assert.deepEqual([refused.status, refused.body.code], [400, 'invalid_request'], refused.text);
    }
    const preset = await app.call('POST', path, {
      name: 'x',
      provider: 'mistral',
      model: 'x',
      preset: 'groq',
    });
    assert.match(preset.body.error, /preset must be absent for the provider mistral/);
    const { id } = (await app.call('POST', path, { ...good, preset: 'groq' })).body;
    const moved = await patch(id, { provider: 'mistral', base_url: null });
    assert.deepEqual([moved.status, moved.body.preset], [200, null], moved.text);
  });

  test('a preset brings its address, and any other may be given', async () => {
    const body = { name: 'x', provider: 'openai-compatible', model: 'x', api_key: 'k' };
    const made = await app.call('POST', path, { ...body, preset: 'deepseek' }, adminKey);
    assert.deepEqual([made.status, made.body.base_url], [201, 'https://api.deepseek.com/v1'], made.text);
    const own = await app.call('POST', path, {
      ...body,
      preset: 'deepseek',
      base_url: 'https://eu.example/v1',
    });
    assert.equal(own.body.base_url, 'https://eu.example/v1');
    const local = await app.call('POST', path, { ...body, preset: 'vllm' });
    assert.match(local.body.error, /base_url is required/);
  });

  test('an address changes only with what is sent to it given anew', async () => {
    const secrets = { api_key: 'k', headers: { a: 'b' }, query: { c: 'd' } };
    const make = async (more: object) => (await app.call('POST', path, { ...good, ...more })).body.id;
    const elsewhere = { base_url: 'https://elsewhere.example/v1' };
    const id = await make(secrets);
    const missing: [given: object, field: string][] = [
      [{}, 'api_key'],
      [{ api_key: 'new' }, 'headers'],
      [{ api_key: 'new', headers: {} }, 'query'],
      [{ headers: null, query: null }, 'api_key'],
    ];
    for (const [given, field] of missing) {
      for (const move of [elsewhere, { provider: 'anthropic' }]) {
        const refused = await patch(id, { ...move, ...given });
        assert.equal(refused.status, 400, refused.text);
        assert.match(refused.body.error, new RegExp(`^${field} must be given anew`));
      }
    }
    assert.equal((await patch(id, { base_url: good.base_url, name: 'same' })).status, 200);
    const moved = await patch(id, { ...elsewhere, api_key: null, headers: { e: 'f' }, query: null });
    assert.deepEqual(
      [moved.status, moved.body.has_api_key, moved.body.headers, moved.body.query],
      [200, false, ['e'], []],
    );
    assert.equal((await patch(await make({}), elsewhere)).status, 200);
    // The operator's own variable is not sent elsewhere by accident either.
    const byVariable = await make({ api_key_env: 'OPENAI_API_KEY' });
    assert.match((await patch(byVariable, elsewhere)).body.error, /^api_key must be given anew/);
    assert.equal((await patch(byVariable, { ...elsewhere, api_key_env: 'OPENAI_API_KEY' })).status, 200);
  });

  test('a model that stands in for another stays', async () => {
    const stand = await app.model(organization);
    const { id } = (await app.call('POST', path, { ...good, name: 'First', fallbacks: [stand] })).body;
    const refused = await app.call('DELETE', `${path}/${stand}`);
    assert.deepEqual([refused.status, refused.body.code], [409, 'in_use']);
    assert.match(refused.body.error, /a fallback of the model First/);
    await patch(id, { fallbacks: null });
    assert.equal((await app.call('DELETE', `${path}/${stand}`)).status, 204);
  });

  test('what was learnt is shown, and forgotten where it may not hold any more', async () => {
    const { id } = (await app.call('POST', path, good)).body;
    const record = await findModel(app.store.reads, scope, id);
    await app.store.execute('learnAboutModel', {
      organizationId: organization,
      id,
      updatedAt: record?.updatedAt ?? 0,
      facts: {
        contextWindow: 4096,
        refusedParameters: ['temperature'],
        prompts: { countRatio: 0.75, promptTokens: 900 },
      },
      now: Date.parse('2026-11-26T10:00:00.000Z'),
    });
    const { body } = await app.call('GET', `${path}/${id}`);
    assert.deepEqual(
      [body.context_window, body.context_window_source, body.learnt],
      [
        4096,
        'learnt',
        {
          context_window: 4096,
          refused_parameters: ['temperature'],
          prompt_tokens: 900,
          count_ratio: 0.75,
          at: '2026-11-26T10:00:00.000Z',
        },
      ],
    );
    const changed = await patch(id, { context_window: 9000 });
    assert.deepEqual(
      [changed.body.context_window, changed.body.context_window_source, changed.body.learnt],
      [9000, 'set', null],
    );
  });
});
