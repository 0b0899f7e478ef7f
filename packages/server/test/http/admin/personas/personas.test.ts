import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { organizationScope } from '../../../../src/auth/scopes.ts';
import { findPersona, findRevision } from '../../../../src/store/queries/personas.ts';
import { startAdminApp } from '../admin-app.ts';

onBothStores('personas', async (engine) => {
  const app = await startAdminApp(engine);
  after(() => app[Symbol.asyncDispose]());
  const organization = await app.organization();
  const scope = organizationScope(organization);
  const other = organizationScope(await app.organization());
  const path = `/organizations/${organization}/personas`;
  const model = await app.model(organization);
  const make = async (alias: string): Promise<number> => {
    const made = await app.call('POST', path, { name: 'A persona', alias });
    assert.equal(made.status, 201, made.text);
    return made.body.id;
  };

  test('the life of its versions', async () => {
    const made = await app.call('POST', path, { name: 'Support', alias: 'support', description: 'a\r\nb' });
    assert.equal(made.status, 201);
    const { id, created_at, updated_at } = made.body;
    const fresh = {
      id,
      name: 'Support',
      alias: 'support',
      description: 'a\nb',
      has_active: false,
      has_next: false,
      active_version: null,
      next_version: null,
      created_at,
      updated_at,
    };
    assert.equal(Number.isInteger(id), true);
    assert.deepEqual(made.body, fresh);
    assert.equal(made.headers.location, `/api/admin${path}/${id}`);

    const state = async (method: 'PUT' | 'POST', step: string, body?: object) => {
      const answer = await app.call(method, `${path}/${id}/${step}`, body);
      assert.equal(answer.status, 200, answer.text);
      const { has_active, has_next, active_version, next_version } = answer.body;
      assert.equal(has_active, active_version !== null);
      assert.equal(has_next, next_version !== null);
      return [active_version, next_version];
    };
    const draft = (text: string) => ({ system_prompt: text, model_id: model });

    const none = await app.call('POST', `${path}/${id}/submit`);
    assert.deepEqual([none.status, none.body.code], [409, 'conflict']);
    assert.deepEqual(await state('PUT', 'next', draft('one')), [null, 1]);
    assert.deepEqual(await state('POST', 'submit'), [1, null]);
    assert.equal((await app.call('POST', `${path}/${id}/submit`)).status, 409);
    assert.deepEqual(await state('PUT', 'next', draft('two')), [1, 2]);
    assert.deepEqual(await state('PUT', 'next', draft('three')), [1, 3]);
    assert.deepEqual(await state('POST', 'submit'), [3, null]);
    assert.deepEqual(await state('PUT', 'next', draft('four')), [3, 4]);
    assert.deepEqual(await state('POST', 'rollback', { version: 1 }), [1, 4]);
    assert.deepEqual(await state('POST', 'submit'), [4, null]);

    const never = await app.call('POST', `${path}/${id}/rollback`, { version: 2 });
    assert.deepEqual([never.status, never.body.code], [400, 'invalid_request']);
    assert.match(never.body.error, /version 2/);
    assert.equal((await app.call('POST', `${path}/${id}/rollback`, { version: 99 })).status, 404);

    const versions = await app.call('GET', `${path}/${id}/versions`);
    assert.deepEqual(
      versions.body.data.map((one: { version: number; state: string; system_prompt: string }) => [
        one.version,
        one.state,
        one.system_prompt,
      ]),
      [
        [4, 'active', 'four'],
        [3, 'past', 'three'],
        [2, 'past', 'two'],
        [1, 'past', 'one'],
      ],
    );
    assert.equal(versions.body.data[2].submitted_at, null);
    assert.match(versions.body.data[3].submitted_at, /Z$/);
    const page = await app.call('GET', `${path}/${id}/versions?limit=3`);
    const rest = await app.call('GET', `${path}/${id}/versions?cursor=${page.body.next_cursor}`);
    assert.deepEqual([...page.body.data, ...rest.body.data], versions.body.data);
    assert.equal(rest.body.next_cursor, null);
  });

  test('a revision holds every parameter, to the letter', async () => {
    const id = await make('parameters');
    const fallbacks = [await app.model(organization), await app.model(organization)];
    const parameters = {
      system_prompt: 'Line\r\nbreaks\rbecome one',
      model_id: model.toUpperCase(),
      temperature: 0.3,
      top_p: 0.9,
      max_tokens: 77,
      stop: ['END', '\n'],
      seed: -9_007_199_254_740_991,
      internet: true,
      fallbacks: fallbacks.map((one) => one.toUpperCase()),
      note: 'Kinder\r\nthan before',
      greeting: 'Hello!\rHow can we help?',
      suggestions: ['Where is my order?', 'Two\r\nlines'],
      show_reasoning: true,
    };
    assert.equal((await app.call('PUT', `${path}/${id}/next`, parameters)).status, 200);
    const stored = {
      ...{ ...parameters, fallbacks, system_prompt: 'Line\nbreaks\nbecome one', model_id: model },
      note: 'Kinder\nthan before',
      greeting: 'Hello!\nHow can we help?',
      suggestions: ['Where is my order?', 'Two\nlines'],
    };
    assert.deepEqual(await findRevision(app.store.reads, scope, id, 1), {
      personaId: id,
      version: 1,
      systemPrompt: stored.system_prompt,
      modelId: model,
      temperature: 0.3,
      topP: 0.9,
      maxTokens: 77,
      stop: stored.stop,
      seed: stored.seed,
      internet: true,
      fallbacks,
    });
    const [version] = (await app.call('GET', `${path}/${id}/versions`)).body.data;
    assert.deepEqual(
      { ...version, created_at: 0 },
      {
        ...{ version: 1, state: 'next', ...stored, created_at: 0, submitted_at: null },
        created_by: { kind: 'operator', id: null, name: null },
      },
    );
    assert.equal(
      (await app.call('PUT', `${path}/${id}/next`, { system_prompt: '', model_id: model })).status,
      200,
    );
    assert.deepEqual(await findRevision(app.store.reads, scope, id, 2), {
      personaId: id,
      version: 2,
      systemPrompt: '',
      modelId: model,
      internet: false,
      fallbacks: [],
    });
  });

  test('fallbacks are other models of the organization, at most five, none twice', async () => {
    const id = await make('fallbacks');
    const models = await Promise.all(Array.from({ length: 6 }, () => app.model(organization)));
    const foreign = await app.model(await app.organization());
    const put = (fallbacks: unknown) =>
      app.call('PUT', `${path}/${id}/next`, { system_prompt: '', model_id: model, fallbacks });
    const wrong: [fallbacks: unknown, error: RegExp][] = [
      [models, /fallbacks .*5/],
      [[models[0], models[0]], /fallbacks: no model may stand there twice/],
      [[model], /fallbacks: a model is no fallback of its own/],
      [[foreign], /fallbacks: the organization has no model/],
      [['nonsense'], /fallbacks/],
      ['nonsense', /fallbacks/],
    ];
    for (const [fallbacks, error] of wrong) {
      const refused = await put(fallbacks);
      assert.deepEqual([refused.status, refused.body.code], [400, 'invalid_request']);
      assert.match(refused.body.error, error);
    }
    for (const fallbacks of [null, [], models.slice(1)]) assert.equal((await put(fallbacks)).status, 200);
    const refused = await app.call('DELETE', `/organizations/${organization}/models/${models[3]}`);
    assert.deepEqual([refused.status, refused.body.code], [409, 'in_use']);
    assert.match(refused.body.error, /a fallback of the persona fallbacks/);
    await put([]);
    assert.equal(
      (await app.call('DELETE', `/organizations/${organization}/models/${models[3]}`)).status,
      204,
    );
  });

  test('found by id or alias, in its organization only', async () => {
    const id = await make('mine');
    await app.call('PUT', `${path}/${id}/next`, { system_prompt: 'x', model_id: model });
    const { reads } = app.store;
    assert.equal((await findPersona(reads, scope, { id }))?.alias, 'mine');
    assert.equal((await findPersona(reads, scope, { alias: 'mine' }))?.id, id);
    assert.equal(await findPersona(reads, other, { id }), undefined);
    assert.equal(await findPersona(reads, other, { alias: 'mine' }), undefined);
    assert.equal(await findPersona(reads, scope, { id: 2 ** 40 }), undefined);
    assert.equal(await findPersona(reads, scope, { id: 1.5 }), undefined);
    assert.ok(await findRevision(reads, scope, id, 1));
    assert.equal(await findRevision(reads, other, id, 1), undefined);
    assert.equal(await findRevision(reads, scope, id, 2), undefined);
  });

  test('an alias is of its form, and unique in the organization', async () => {
    const id = await make('taken');
    const second = await make('second');
    for (const attempt of [
      await app.call('POST', path, { name: 'x', alias: 'taken' }),
      await app.call('PATCH', `${path}/${second}`, { alias: 'taken' }),
    ]) {
      assert.deepEqual([attempt.status, attempt.body.code], [409, 'conflict']);
      assert.match(attempt.body.error, /alias/);
    }
    assert.equal((await app.call('PATCH', `${path}/${id}`, { alias: 'taken', name: 'y' })).status, 200);
    const elsewhere = `/organizations/${other.organizationId}/personas`;
    assert.equal((await app.call('POST', elsewhere, { name: 'x', alias: 'taken' })).status, 201);
    for (const alias of ['ab', 'a'.repeat(101), 'Upper', 'sp ace', 'ä12', 'x/y', '']) {
      const answer = await app.call('POST', path, { name: 'x', alias });
      assert.equal(answer.status, 400, alias);
      assert.match(answer.body.error, /alias must match/);
    }
    for (const alias of ['abc', 'a'.repeat(100), '0-9_']) await make(alias);
  });

  test('two at once with one alias: one is made', async () => {
    const both = await Promise.all(
      [1, 2, 3, 4].map(() => app.call('POST', path, { name: 'x', alias: 'race' })),
    );
    assert.deepEqual(both.map((one) => one.status).sort(), [201, 409, 409, 409]);
  });

  test('what is wrong is named', async () => {
    const id = await make('wrong');
    const foreign = await app.model(other.organizationId);
    const good = { system_prompt: 'x', model_id: model };
    const wrong: [body: object, error: RegExp][] = [
      [{ model_id: model }, /system_prompt is required/],
      [{ ...good, model_id: 'nonsense' }, /model_id must be a UUID/],
      [{ ...good, model_id: foreign }, /model_id/],
      [{ ...good, temprature: 1 }, /did you mean temperature/],
      [{ ...good, temperature: 2.1 }, /temperature must be from 0 to 2/],
      [{ ...good, max_tokens: 0 }, /max_tokens/],
      [{ ...good, seed: 1.5 }, /seed must be an integer/],
      [{ ...good, stop: [] }, /stop must have 1 to 16 items/],
      [{ ...good, stop: 'END' }, /stop must be an array/],
      [{ ...good, internet: 'yes' }, /internet must be true or false/],
      [{ ...good, system_prompt: 'a\0b' }, /U\+0000/],
    ];
    for (const [body, error] of wrong) {
      const answer = await app.call('PUT', `${path}/${id}/next`, body);
      assert.equal(answer.status, 400, JSON.stringify(body));
      assert.match(answer.body.error, error);
    }
    assert.equal((await app.call('GET', `${path}/${id}`)).body.has_next, false);
    for (const bad of ['x', '0', '-1', '1.5', '99999999999']) {
      assert.equal((await app.call('GET', `${path}/${bad}`)).status, 400, bad);
    }
    for (const [method, step] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['PUT', '/next'],
      ['POST', '/submit'],
      ['GET', '/versions'],
    ] as const) {
      const body = method === 'PUT' ? good : method === 'PATCH' ? { name: 'x' } : undefined;
      assert.equal((await app.call(method, `${path}/2147483647${step}`, body)).status, 404, step);
    }
  });

  test("a key's default persona stays until the key is revoked", async () => {
    const id = await make('defaulted');
    const key = await app.key(organization, 'prod', { name: 'the website', default_persona_id: id });
    const refused = await app.call('DELETE', `${path}/${id}`);
    assert.deepEqual([refused.status, refused.body.code], [409, 'in_use']);
    assert.match(refused.body.error, /the website/);
    await app.call('DELETE', `/organizations/${organization}/keys/${key.id}`);
    assert.equal((await app.call('DELETE', `${path}/${id}`)).status, 204);
    assert.equal((await app.call('GET', `${path}/${id}`)).status, 404);
  });
});
