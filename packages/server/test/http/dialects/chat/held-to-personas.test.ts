/** Keys that are held to named personas use no others, whatever they send, and obey at once. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestApp } from '../../http-app.ts';

onBothStores('keys held to personas', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const one = await app.persona('one', { next: true });
  const two = await app.persona('two', { next: true });
  const { organizationId } = app.harness.scope;
  const base = `/organizations/${organizationId}`;
  const change = (id: string, changes: object) => app.admin('PATCH', `${base}/keys/${id}`, changes);
  const ask = (credential: object, persona?: object) =>
    app.call('/api/chat/completion', {
      ...credential,
      body: { message: 'Who?', ...(persona && { persona }) },
    });

  for (const type of ['prod', 'test'] as const) {
    test(`a ${type} key uses the ones that it is held to`, async () => {
      const { id, key } = await app.key(type, { personas: [one, one] });
      const selectors: [selector: object, held: object][] = [[{ alias: 'two' }, { alias: 'one' }]];
      if (type === 'test') {
        selectors.push([
          { persona_id: two, version_type: 'next' },
          { persona_id: one, version_type: 'next' },
        ]);
      }
      for (const [other, held] of selectors) {
        const body = { user_id: 'ada', persona: other };
        for (const refused of [
          await ask({ key }, other),
          await app.call('/api/chat/get_token', { key, body }),
        ]) {
          assert.deepEqual([refused.status, refused.body.code], [403, 'forbidden']);
          assert.match(refused.body.error, /held to other personas/);
        }
        assert.equal((await ask({ key }, held)).status, 200);
      }
      assert.deepEqual((await change(id, {})).body.personas, [one]);
    });
  }

  test('sessions, tokens and bare models follow the key', async () => {
    const { id, key } = await app.key('prod', { personas: [one, two], default_persona_id: two });
    const body = { user_id: 'ada', persona: { alias: 'two' } };
    const { token } = (await app.call('/api/chat/get_token', { key, body })).body;
    const begun = await ask({ key });
    assert.equal(begun.status, 200, JSON.stringify(begun.body));
    const session_id = begun.body.session_id;
    assert.equal((await ask({ token })).status, 200);
    const refusedDefault = await change(id, { personas: [one] });
    assert.equal(refusedDefault.status, 400);
    assert.match(refusedDefault.body.error, /^personas: default_persona_id must be one of personas/);
    assert.equal((await change(id, { personas: [one], default_persona_id: null })).status, 200);
    assert.equal((await ask({ token })).status, 403);
    const more = () => app.call('/api/chat/continuation', { key, body: { session_id, message: 'And?' } });
    assert.equal((await more()).status, 403);
    const conversing = (path: string, body: object) =>
      app.call(`/api/conversation/${path}?org_id=${organizationId}`, { key, body });
    const { id: conversation_id } = (await conversing('create', { title: 'Bare' })).body;
    const model_id = app.harness.modelId;
    const session = await conversing('create_session', { conversation_id, model_id });
    const bare = () => conversing('stream_chat', { chat_session_id: session.body.id, message: 'Hi' });
    const before = app.harness.upstream.requests.length;
    const refused = await bare();
    assert.deepEqual(
      [refused.status, refused.body.code ?? 'forbidden'],
      [403, 'forbidden'],
      JSON.stringify(refused),
    );
    assert.equal(app.harness.upstream.requests.length, before);
    assert.equal((await change(id, { personas: null })).status, 200);
    assert.equal((await ask({ token })).status, 200);
    assert.equal((await more()).status, 200);
    assert.equal((await bare()).status, 200);
  });

  test('a persona that a living key names is not deleted', async () => {
    const three = await app.persona('three');
    const { id } = await app.key('prod', { name: 'Shop', personas: [three] });
    const remove = () => app.admin('DELETE', `${base}/personas/${three}`);
    const refused = await remove();
    assert.deepEqual([refused.status, refused.body.code], [409, 'in_use']);
    assert.match(refused.body.error, /named by the key Shop \(sk_prod_/);
    await app.admin('DELETE', `${base}/keys/${id}`);
    assert.equal((await remove()).status, 204);
  });

  test('what is wrong is named', async () => {
    const good = { name: 'x', type: 'prod' };
    const wrong: [body: object, error: RegExp][] = [
      [{ ...good, personas: [] }, /^personas must/],
      [{ ...good, personas: ['one'] }, /^personas\.0 must/],
      [
        { ...good, personas: [one, 2_000_000_000] },
        /^personas\.1: the organization has no persona 2000000000/,
      ],
      [{ ...good, personas: [one], default_persona_id: two }, /must be one of personas/],
      [{ ...good, type: 'admin', personas: [one] }, /^personas must be absent/],
    ];
    for (const [body, error] of wrong) {
      const refused = await app.admin('POST', `${base}/keys`, body);
      assert.equal(refused.status, 400, JSON.stringify(body));
      assert.match(refused.body.error, error);
    }
  });
});
