/** What users of the conversation dialect choose from: personas by caller, and models that can use the web. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { type Call, startTestApp } from '../../http-app.ts';
import { chatsOf } from '../chats/chats-app.ts';

onBothStores('the directories', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { modelId, scope } = app.harness;
  const org = scope.organizationId;
  const members = chatsOf(app);
  const base = `/organizations/${org}`;
  const both = await app.persona('both', { next: true });
  const draft = await app.persona('draft-only', { active: false, next: true });
  const live = await app.persona('live');
  const listed = async (credential: Call) => {
    const { status, body } = await app.call(`/api/persona/list?org_id=${org}`, credential);
    assert.equal(status, 200, JSON.stringify(body));
    return body as { id: number; active: { version: number } | null; next: { version: number } | null }[];
  };
  const brief = async (credential: Call) =>
    (await listed(credential))
      .filter(({ id }) => [both, draft, live].includes(id))
      .map(({ id, active, next }) => [id, active?.version ?? null, next?.version ?? null]);

  test('members, guests too, and test keys see drafts; prod keys what is in production', async () => {
    const withDrafts = [
      [both, 1, 2],
      [draft, null, 1],
      [live, 1, null],
    ];
    for (const role of ['owner', 'member', 'guest'] as const)
      assert.deepEqual(await brief({ token: await members.member(role) }), withDrafts, role);
    assert.deepEqual(await brief({ key: app.testKey }), withDrafts);
    assert.deepEqual(await brief({ key: app.prodKey }), [
      [both, 1, null],
      [live, 1, null],
    ]);
  });

  test('a key that is held to personas sees those, a token its own, whoever has no credential none', async () => {
    const { key } = await app.key('prod', { personas: [live, draft], default_persona_id: live });
    assert.deepEqual(await brief({ key }), [[live, 1, null]]);
    const body = { user_id: 'ada', persona: { alias: 'both' } };
    const { token } = (await app.call('/api/chat/get_token', { key: app.testKey, body })).body;
    assert.deepEqual(await brief({ token }), [[both, 1, null]]);
    const { body: nobody } = await app.call(`/api/persona/list?org_id=${org}`);
    assert.ok(!Array.isArray(nobody) || nobody.length === 0, JSON.stringify(nobody));
  });

  test('a persona is told without its prompt, with what it runs on', async () => {
    const changed = await app.admin('PUT', `${base}/personas/${live}/next`, {
      system_prompt: 'A secret of the house.',
      model_id: modelId,
      internet: true,
    });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    const [found] = (await listed({ token: await members.member('member') })).filter(({ id }) => id === live);
    assert.deepEqual(found, {
      ...{ id: live, name: 'live', alias: 'live', description: null },
      active: { version: 1, model_id: modelId, internet: false },
      next: { version: 2, model_id: modelId, internet: true },
    });
  });

  test('no model uses the web where the organization has it turned off, nor does the guide', async () => {
    const token = await members.member('member');
    const internet = async () =>
      Object.fromEntries(
        (await app.call(`/api/llm/list?org_id=${org}`, { token })).body.map(
          (one: { provider: string; internet: boolean }) => [one.provider, one.internet],
        ),
      );
    const guide = await app.admin('POST', `${base}/models`, {
      ...{ name: 'Guide', provider: 'guide', model: 'guide' },
    });
    assert.equal(guide.status, 201, JSON.stringify(guide.body));
    assert.deepEqual(await internet(), { 'openai-compatible': true, guide: false });
    const off = await app.admin('PATCH', `${base}/settings`, { internet: 'off' });
    assert.equal(off.status, 200, JSON.stringify(off.body));
    assert.deepEqual(await internet(), { 'openai-compatible': false, guide: false });
  });

  test('a page of the list is no bound of it', async () => {
    const made: number[] = [];
    for (let index = 0; index < 205; index += 1) made.push(await app.persona(`many-${index}`));
    const ids = (await listed({ key: app.prodKey })).map(({ id }) => id);
    assert.deepEqual(
      ids.filter((id) => made.includes(id)),
      made,
    );
  });
});
