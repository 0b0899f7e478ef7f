/** Who answers a chat of `useChat` and whose it is: `model`, `user`, `persona`, and chats without an open session. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate } from 'colloquy-testkit/upstream/scripted-upstream';
import { type Call, startTestApp } from '../../http-app.ts';

onBothStores('who answers in useChat', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { upstream, scope } = app.harness;
  const org = `org_id=${scope.organizationId}`;
  const own = { key: app.prodKey };
  const other = await app.persona('other');
  await app.persona('drafted', { next: true });
  const path = '/api/ui/chat';
  let count = 0;
  const newId = (): string => `chat-${++count}`;
  const message = (text: string) => ({ id: `m-${++count}`, role: 'user', parts: [{ type: 'text', text }] });

  /** Sends a message and gives what the model was told, with the chunks' ids. */
  async function send(id: string, more: object = {}, credential: Call = own) {
    const call = upstream.requests.length;
    upstream.enqueue(answer('Yes.'));
    const stream = await app.stream(path, {
      ...credential,
      body: { id, messages: [message('Hi')], ...more },
    });
    await stream.ended;
    const start = JSON.parse(stream.events[0]?.data ?? '{}');
    const { body } = await upstream.request(call);
    const [first] = body?.messages ?? [];
    return {
      system: first?.role === 'system' ? first.content : null,
      said: (body?.messages ?? []).filter(({ role }) => role !== 'system').map(({ content }) => content),
      ...(start.messageMetadata as { conversation_id: string; session_id: string; generation_id: string }),
    };
  }

  async function refused(id: string, more: object, credential: Call = own) {
    const calls = upstream.requests.length;
    const body = { id, messages: [message('Hi')], ...more };
    const found = await app.call(path, { ...credential, body });
    assert.equal(upstream.requests.length, calls);
    return [found.status, found.body.code, found.body.field];
  }

  test('model: a persona, a draft or a model, for one answer', async () => {
    const id = newId();
    assert.equal((await send(id)).system, 'Be a test.');
    assert.equal((await send(id, { model: 'persona:other' })).system, 'I am other.');
    assert.equal((await send(id, { model: 'scripted' })).system, null);
    assert.equal((await send(id, { model: app.harness.modelId })).system, null);
    // The session goes on with what it began with.
    const last = await send(id);
    assert.equal(last.system, 'Be a test.');
    assert.equal(last.said.length, 9);
    assert.equal((await send(newId(), { model: 'persona:other' })).system, 'I am other.');
    const draft = { model: 'persona:drafted@next' };
    const byTestKey = await send(newId(), draft, { key: app.testKey });
    assert.equal(byTestKey.system, 'I am the draft of drafted.');
    const asked = { trigger: 'regenerate-message', model: 'persona:other' };
    assert.equal((await send(id, { ...asked, messages: [message('Hi')] })).system, 'I am other.');
  });

  test('model: what there is not, or may not be', async () => {
    assert.deepEqual(await refused(newId(), { model: 'nobody' }), [404, 'not_found', undefined]);
    assert.deepEqual(await refused(newId(), { model: '' }), [400, 'invalid_request', 'model']);
    const both = { model: 'persona:test', persona: { alias: 'test' } };
    assert.deepEqual(await refused(newId(), both), [400, 'invalid_request', 'model']);
    assert.deepEqual(await refused(newId(), { model: 'persona:drafted@next' }), [
      403,
      'forbidden',
      undefined,
    ]);
    const held = await app.key('prod', { personas: [other], default_persona_id: other });
    for (const model of ['persona:test', 'scripted'])
      assert.equal((await refused(newId(), { model }, held))[0], 403);
    const issued = await app.call('/api/chat/get_token', { ...own, body: { user_id: 'ada' } });
    const { token } = issued.body;
    assert.deepEqual(await refused(newId(), { model: 'persona:other' }, { token }), [
      403,
      'forbidden',
      undefined,
    ]);
    assert.equal((await send(newId(), { model: 'persona:test' }, { token })).system, 'Be a test.');
  });

  test('persona: has to be that of the chat, once it is begun', async () => {
    const id = newId();
    assert.equal((await send(id, { persona: { alias: 'other' } })).system, 'I am other.');
    assert.equal((await send(id, { persona: 'other' })).system, 'I am other.');
    assert.equal((await send(id)).system, 'I am other.');
    assert.deepEqual(await refused(id, { persona: 'test' }), [400, 'invalid_request', 'persona']);
    assert.equal((await refused(id, { persona: 'nobody' }))[0], 404);
  });

  test('user: the chat belongs to the end user, also where it is read, resumed and stopped', async () => {
    const id = newId();
    const first = await send(id, { user: 'eve' });
    const issued = await app.call('/api/chat/get_token', { ...own, body: { user_id: 'eve' } });
    const eve = { token: issued.body.token };
    const read = async (query: string, credential: Call) =>
      (await app.call(`${path}/${id}${query}`, credential)).body;
    assert.equal((await read('', eve)).length, 2);
    assert.deepEqual(await read('?user=eve', own), await read('', eve));
    assert.equal((await app.call(`${path}/${id}`, own)).status, 404);
    assert.equal((await app.call(`${path}/${id}?user=bob`, own)).status, 404);
    // The same id of another user is another chat.
    assert.notEqual((await send(id, { user: 'bob' })).conversation_id, first.conversation_id);
    assert.equal((await send(id, {}, eve)).conversation_id, first.conversation_id);

    const held = gate();
    upstream.enqueue({ steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['One'] }, held.step] });
    const live = await app.stream(path, { ...own, body: { id, user: 'eve', messages: [message('Go')] } });
    await live.until(({ events }) => events.some(({ data }) => data.includes('text-delta')));
    assert.equal((await app.call(`${path}/${id}/stream?user=bob`, own)).status, 204);
    assert.equal((await app.call(`${path}/${id}/stream?user=nobody-yet`, own)).status, 204);
    const resumed = await app.stream(`${path}/${id}/stream?user=eve`, own);
    await resumed.until(({ events }) => events.some(({ data }) => data.includes('text-delta')));
    const stop = (user: string) => app.call(`${path}/${id}/stop?user=${user}`, { ...own, method: 'POST' });
    assert.deepEqual((await stop('nobody-yet')).body, { generation_id: null, status: null });
    assert.equal((await stop('eve')).body.status, 'cancelled');
    await Promise.all([live.ended, resumed.ended]);
    held.release();
    const users = await app.harness.place.store.reads.selectFrom('end_user').select('external_id').execute();
    assert.ok(!users.some(({ external_id }) => external_id === 'nobody-yet'));
  });

  test('user: keys only', async () => {
    const issued = await app.call('/api/chat/get_token', { ...own, body: { user_id: 'eve' } });
    const eve = { token: issued.body.token };
    assert.deepEqual(await refused(newId(), { user: 'eve' }, eve), [403, 'forbidden', undefined]);
    assert.equal((await app.call(`${path}/x?user=eve`, eve)).status, 403);
    const members = `/organizations/${scope.organizationId}/members`;
    const made = await app.admin('POST', members, { name: 'm', email: 'm@example.com', role: 'member' });
    const token = await app.admin('POST', `${members}/${made.body.id}/token`, {});
    const member = { token: token.body.token };
    assert.deepEqual(await refused(newId(), { user: 'eve', model: 'persona:test' }, member), [
      ...[403, 'forbidden', undefined],
    ]);
    assert.equal((await send(newId(), { model: 'persona:other' }, member)).system, 'I am other.');
  });

  test('a chat without a session gets one, by the rules of a chat', async () => {
    const begin = async (): Promise<string> =>
      (await app.call('/chats/create', { ...own, body: { name: 'Of another dialect' } })).body.id;
    const [one, named, bare] = [await begin(), await begin(), await begin()];
    const first = await send(one);
    assert.deepEqual([first.system, first.conversation_id], ['Be a test.', one]);
    assert.equal((await send(one)).session_id, first.session_id);
    assert.equal((await send(named, { persona: 'other' })).system, 'I am other.');
    assert.equal((await send(named)).system, 'I am other.');
    assert.equal((await send(bare, { model: 'scripted' })).system, null);
    const keyless = await app.call('/chats/create', { key: app.testKey, body: { name: 'No persona' } });
    assert.equal((await send(keyless.body.id, {}, { key: app.testKey })).system, null);
  });

  test('a chat whose session is completed goes on in a new one, behind what was said', async () => {
    const id = newId();
    const first = await send(id);
    const done = await app.call(`/api/conversation/complete_session?${org}&session_id=${first.session_id}`, {
      ...{ ...own, method: 'POST' },
    });
    assert.equal(done.status, 200, JSON.stringify(done.body));
    const next = await send(id);
    assert.equal(next.conversation_id, first.conversation_id);
    assert.notEqual(next.session_id, first.session_id);
    assert.deepEqual([next.system, next.said], ['Be a test.', ['Hi', 'Yes.', 'Hi']]);
    const history = await app.call(`${path}/${id}`, own);
    assert.equal(history.body.length, 4);
    // A message that is named as the one before, and one that is edited, lie in what was completed.
    const [question, reply] = history.body;
    const behind = await send(id, { messages: [question, reply, message('Else')] });
    assert.deepEqual(behind.said, ['Hi', 'Yes.', 'Else']);
    assert.notEqual(behind.session_id, first.session_id);
    const edited = { messageId: question.id, trigger: 'submit-message', messages: [message('Otherwise')] };
    const anew = await send(id, edited);
    assert.deepEqual([anew.system, anew.said], ['Be a test.', ['Otherwise']]);
    assert.notEqual(anew.session_id, first.session_id);
  });

  test('the bound of a text counts characters, not units', async () => {
    const parts = (text: string) => ({
      messages: [{ id: `m-${++count}`, role: 'user', parts: [{ type: 'text', text }] }],
    });
    const longest = '😀'.repeat(200_000);
    assert.deepEqual(await refused(newId(), parts(`${longest}x`)), [
      400,
      'invalid_request',
      'messages[0].parts',
    ]);
    // It is not too long to be taken, but for the model.
    assert.deepEqual((await refused(newId(), parts(longest)))[1], 'context_overflow');
    const id = '😀'.repeat(255);
    const named = (of: string) => ({ messages: [{ ...message('Hi'), id: of }] });
    await send(id, named(id));
    assert.deepEqual(await refused(newId(), named(`${id}x`)), [400, 'invalid_request', 'messages[0].id']);
  });
});
