/** Copies of personas, and files that carry them to other organizations. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startAdminApp } from '../admin-app.ts';

onBothStores('copies of personas', async (engine) => {
  const app = await startAdminApp(engine);
  after(() => app[Symbol.asyncDispose]());
  const organization = await app.organization();
  const elsewhere = await app.organization('Elsewhere');
  const pathOf = (id: string): string => `/organizations/${id}/personas`;
  const path = pathOf(organization);
  const model = await app.model(organization);
  const spare = await app.model(organization, { name: 'Spare', model: 'gpt-spare' });
  const whole = {
    system_prompt: 'Be kind.\nAlways.',
    temperature: 0.3,
    top_p: 0.5,
    max_tokens: 100,
    stop: ['END'],
    seed: 42,
    internet: true,
    note: 'Kinder.',
    greeting: 'Hello!',
    suggestions: ['Where is my order?'],
    show_reasoning: true,
  };

  /** A persona with an active version, an earlier one and a draft. */
  async function make(alias: string): Promise<number> {
    const { body } = await app.call('POST', path, { name: 'Support', alias, description: 'For customers' });
    const draft = { model_id: model, fallbacks: [spare] };
    for (const system_prompt of ['First.', whole.system_prompt, 'The draft.']) {
      const put = await app.call('PUT', `${path}/${body.id}/next`, { ...whole, ...draft, system_prompt });
      assert.equal(put.status, 200, put.text);
      if (system_prompt !== 'The draft.') await app.call('POST', `${path}/${body.id}/submit`);
    }
    return body.id;
  }

  const versionsOf = async (of: string, id: number): Promise<Record<string, unknown>[]> =>
    (await app.call('GET', `${pathOf(of)}/${id}/versions`)).body.data;

  test('a copy has the version in production and the draft, and goes its own way', async () => {
    const id = await make('original');
    const made = await app.call('POST', `${path}/${id}/duplicate`, { alias: 'copy' });
    assert.equal(made.status, 201, made.text);
    assert.equal(made.headers.location, `/api/admin${path}/${made.body.id}`);
    const { name, alias, description, active_version, next_version } = made.body;
    assert.deepEqual(
      { name, alias, description, active_version, next_version },
      { name: 'Support', alias: 'copy', description: 'For customers', active_version: 1, next_version: 2 },
    );
    const [next, active] = await versionsOf(organization, made.body.id);
    const parameters = { ...whole, model_id: model, fallbacks: [spare] };
    for (const [version, state, system_prompt] of [
      [next, 'next', 'The draft.'],
      [active, 'active', whole.system_prompt],
    ] as const) {
      const expected = { ...parameters, state, system_prompt };
      const found = Object.fromEntries(Object.keys(expected).map((field) => [field, version?.[field]]));
      assert.deepEqual(found, expected);
    }
    const changed = await app.call('PUT', `${path}/${made.body.id}/next`, {
      system_prompt: 'Another.',
      model_id: model,
    });
    assert.equal(changed.body.next_version, 3);
    assert.equal((await versionsOf(organization, id)).length, 3);

    const again = await app.call('POST', `${path}/${id}/duplicate`, { alias: 'copy', name: 'Other' });
    assert.equal(again.status, 409);
    assert.match(again.body.error, /alias: the organization has a persona copy already/);
    const entry = await app.call('GET', `/organizations/${organization}/audit?action=persona.create`);
    assert.deepEqual(entry.body.data[0].after, {
      name: 'Support',
      alias: 'copy',
      description: 'For customers',
      active_version: 1,
      next_version: 2,
    });
  });

  test('a persona without a version is copied as such', async () => {
    const { body } = await app.call('POST', path, { name: 'Empty', alias: 'empty' });
    const copy = await app.call('POST', `${path}/${body.id}/duplicate`, { alias: 'void', name: 'Void' });
    assert.deepEqual([copy.status, copy.body.name, copy.body.has_active], [201, 'Void', false]);
    const file = (await app.call('GET', `${path}/${body.id}/export`)).body;
    assert.deepEqual(file, {
      format: 1,
      name: 'Empty',
      alias: 'empty',
      description: null,
      active: null,
      next: null,
    });
  });

  test('a file is imported as it was exported, where it was and elsewhere', async () => {
    const id = await make('carried');
    const exported = await app.call('GET', `${path}/${id}/export`);
    assert.equal(exported.status, 200, exported.text);
    const { body: file } = exported;
    assert.deepEqual(file.active.model, {
      id: model,
      name: 'A model',
      provider: 'openai',
      model: 'gpt-test',
    });
    assert.equal(exported.text.includes('First.'), false);
    assert.equal((await app.call('POST', `${path}/import`, file)).status, 409);
    const back = await app.call('POST', `${path}/import`, { ...file, alias: 'carried-back' });
    assert.equal(back.status, 201, back.text);
    const again = (await app.call('GET', `${path}/${back.body.id}/export`)).body;
    assert.deepEqual(again, { ...file, alias: 'carried-back' });

    const there = `${pathOf(elsewhere)}/import`;
    const lacking = await app.call('POST', there, file);
    assert.deepEqual([lacking.status, lacking.body.field], [400, 'active.model']);
    assert.match(lacking.body.error, /no model gpt-test of the provider openai/);
    await app.model(elsewhere, { name: 'Inactive', is_active: false });
    const own = await app.model(elsewhere, { name: 'Ours' });
    const named = await app.model(elsewhere, { name: 'A model' });
    const lackingSpare = await app.call('POST', there, file);
    assert.deepEqual([lackingSpare.status, lackingSpare.body.field], [400, 'active.fallbacks.0']);
    const ownSpare = await app.model(elsewhere, { name: 'Another name', model: 'gpt-spare' });
    const made = await app.call('POST', there, file);
    assert.equal(made.status, 201, made.text);
    const [next, active] = await versionsOf(elsewhere, made.body.id);
    for (const version of [next, active]) {
      assert.deepEqual([version?.model_id, version?.fallbacks], [named, [ownSpare]]);
    }
    const { name: _name, ...unnamed } = file.active.model;
    const active2 = { ...file.active, model: unnamed, fallbacks: [] };
    const other = await app.call('POST', there, { ...file, alias: 'unnamed', active: active2, next: null });
    assert.equal((await versionsOf(elsewhere, other.body.id))[0]?.model_id, own);
    assert.equal((await app.call('GET', pathOf(elsewhere))).body.data.length, 2);
  });

  test('what is wrong in a file is told by its field, and nothing is made', async () => {
    const file = { format: 1, name: 'A', alias: 'wrong', active: null };
    const model = { provider: 'openai', model: 'gpt-test' };
    const version = { system_prompt: 'Hi', model };
    for (const [wrong, field] of [
      [{ ...file, format: 2 }, 'format'],
      [{ ...file, alias: 'No' }, 'alias'],
      [{ ...file, active: { ...version, temperature: 3 } }, 'active.temperature'],
      [{ ...file, next: { ...version, model: { ...model, provider: 'nobody' } } }, 'next.model.provider'],
      [{ ...file, next: { ...version, model_id: 'x' } }, 'next.model_id'],
      [{ ...file, next: { ...version, fallbacks: [model] } }, 'fallbacks'],
      [{ name: 'A', alias: 'wrong' }, 'format'],
    ] as const) {
      const { status, body, text } = await app.call('POST', `${path}/import`, wrong);
      assert.deepEqual([status, body.field], [400, field], text);
    }
    assert.equal((await app.call('POST', `${path}/import`, file)).status, 201);
    assert.equal((await app.call('POST', `${path}/99999/duplicate`, { alias: 'none' })).status, 404);
    assert.equal((await app.call('GET', `${path}/99999/export`)).status, 404);
  });
});
