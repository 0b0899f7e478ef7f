/** What an organization sets for all of its conversations. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startAdminApp } from '../admin-app.ts';

const nothingSet = {
  titles: null,
  summaries: null,
  helper_model_id: null,
  title_prompt: null,
  summary_prompt: null,
  query_prompt: null,
  internet: 'on',
  end_user_conversations: 'admins',
  limits: {},
  end_user_limits: {},
  retention_days: { test: null, prod: null },
};
const defaults = { titles: 'on', summaries: 'on', search_engine: 'wikipedia' };

onBothStores('settings', async (engine) => {
  const app = await startAdminApp(engine);
  after(() => app[Symbol.asyncDispose]());

  test('each field is set, kept by changes of others, and taken back', async () => {
    const id = await app.organization();
    const path = `/organizations/${id}/settings`;
    assert.deepEqual((await app.call('GET', path)).body, { ...nothingSet, consumed: {}, defaults });
    const model = await app.model(id);
    const all = {
      titles: 'off',
      summaries: 'on',
      helper_model_id: model,
      title_prompt: 'Name it.',
      summary_prompt: 'Sum it up.',
      query_prompt: 'Find it.',
      internet: 'off',
      end_user_conversations: 'members',
      limits: { tokens_per_day: 1000, queued_turns: 7 },
      end_user_limits: { requests_per_minute: 5 },
      retention_days: { test: 7, prod: 3650 },
    };
    let expected: Record<string, unknown> = { ...nothingSet };
    for (const [field, value] of Object.entries(all)) {
      const changed = await app.call('PATCH', path, { [field]: value });
      assert.equal(changed.status, 200, changed.text);
      expected = { ...expected, [field]: value };
      const { consumed, defaults: _, ...set } = changed.body;
      assert.deepEqual(set, expected);
      assert.deepEqual(Object.keys(consumed), Object.keys(set.limits as object));
    }
    const consumed = { tokens_per_day: 0, queued_turns: 0 };
    assert.deepEqual((await app.call('GET', path)).body, { ...all, consumed, defaults });
    assert.deepEqual((await app.call('PATCH', path, {})).body, { ...all, consumed, defaults });
    const back = { ...nothingSet };
    assert.deepEqual((await app.call('PATCH', path, back)).body, { ...back, consumed: {}, defaults });
    const upper = await app.call('PATCH', path, { helper_model_id: model.toUpperCase() });
    assert.equal(upper.body.helper_model_id, model);
  });

  test('what is wrong is named, and changes nothing', async () => {
    const id = await app.organization();
    const path = `/organizations/${id}/settings`;
    const foreign = await app.model(await app.organization());
    const inactive = await app.model(id, { is_active: false });
    const guide = await app.model(id, { provider: 'guide', model: 'guide' });
    const wrong: [body: object, field: string, error: RegExp][] = [
      [{ titles: 'maybe' }, 'titles', /^titles must be one of "on", "off"$/],
      [{ titles: true }, 'titles', /titles must be/],
      [{ summaries: '' }, 'summaries', /summaries must be/],
      [{ internet: null }, 'internet', /internet must be one of "on", "off"/],
      [{ end_user_conversations: 'owners' }, 'end_user_conversations', /must be one of "admins", "members"/],
      [{ title_prompt: '' }, 'title_prompt', /title_prompt must have 1 to 4000 characters/],
      [{ title_prompt: ' \n\u200b\u3164' }, 'title_prompt', /title_prompt must not be blank/],
      [{ summary_prompt: '\u2003' }, 'summary_prompt', /summary_prompt must not be blank/],
      [{ query_prompt: '😀'.repeat(4001) }, 'query_prompt', /query_prompt must have 1 to 4000 characters/],
      [{ query_prompt: 7 }, 'query_prompt', /^query_prompt must be a string$/],
      [{ helper_model_id: 'gpt' }, 'helper_model_id', /helper_model_id must be/],
      [{ helper_model_id: foreign }, 'helper_model_id', /has no model/],
      [{ helper_model_id: inactive, titles: 'off' }, 'helper_model_id', /is not active/],
      [{ helper_model_id: guide }, 'helper_model_id', /the guide only searches/],
      [
        { retention_days: { test: 0 } },
        'retention_days.test',
        /must be from 1 to 3650|retention_days\.test must be/,
      ],
      [{ retention_days: { prod: 3651 } }, 'retention_days.prod', /retention_days\.prod must be/],
      [{ retention_days: { prod: 1.5 } }, 'retention_days.prod', /retention_days\.prod must be/],
      [{ retention_days: { staging: 7 } }, 'retention_days.staging', /unknown field retention_days\.staging/],
      [{ retention_days: null }, 'retention_days', /retention_days must be/],
      [{ helper_model: guide }, 'helper_model', /unknown field helper_model.*helper_model_id/],
    ];
    for (const [body, field, error] of wrong) {
      const answer = await app.call('PATCH', path, body);
      assert.equal(answer.status, 400, JSON.stringify(body));
      assert.match(answer.body.error, error);
      assert.match(answer.body.error, new RegExp(field));
    }
    assert.deepEqual((await app.call('GET', path)).body, { ...nothingSet, consumed: {}, defaults });
    const long = await app.call('PATCH', path, { query_prompt: '😀'.repeat(4000) });
    assert.equal(long.status, 200);
  });

  test('a helper model is in use', async () => {
    const id = await app.organization();
    const model = await app.model(id);
    const path = `/organizations/${id}/settings`;
    await app.call('PATCH', path, { helper_model_id: model });
    const refused = await app.call('DELETE', `/organizations/${id}/models/${model}`);
    assert.deepEqual([refused.status, refused.body.code], [409, 'in_use']);
    assert.match(refused.body.error, /helper_model_id/);
    await app.call('PATCH', path, { helper_model_id: null });
    assert.equal((await app.call('DELETE', `/organizations/${id}/models/${model}`)).status, 204);
  });

  test('settings go with their organization, and are nobody else’s', async () => {
    const id = await app.organization();
    const path = `/organizations/${id}/settings`;
    await app.call('PATCH', path, { titles: 'off' });
    const { key } = await app.key(await app.organization(), 'admin');
    assert.equal((await app.call('GET', path, undefined, key)).status, 404);
    assert.equal((await app.call('PATCH', path, { titles: 'on' }, key)).status, 404);
    assert.equal((await app.call('DELETE', `/organizations/${id}`)).status, 200);
    assert.equal((await app.call('GET', path)).status, 404);
  });
});
