/** Access to answers for each kind of caller, and existing answers when new ones are refused, on both stores. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { type SseReading, startTestApp } from '../../http-app.ts';
import { chatsOf, textOf } from './chats-app.ts';

onBothStores('access to chats', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const key = app.prodKey;
  const { upstream } = app.harness;
  const chats = chatsOf(app);
  const infer = (id: string, options: object = { key }, query = '') =>
    app.stream(`/conversations/inference/${id}${query}`, options);
  const inferWhole = async (id: string, options: object = { key }): Promise<SseReading> => {
    const reading = await infer(id, options);
    await reading.ended;
    return reading;
  };

  test('a guest may read an answer that exists, not start one, and write nothing', async () => {
    const { chatId, messageId } = await chats.question();
    const guest = { token: await chats.member('guest') };
    const calls = upstream.requests.length;
    const refused = await app.call(`/conversations/inference/${messageId}`, guest);
    assert.deepEqual([refused.status, refused.body.code], [403, 'forbidden']);
    assert.equal(upstream.requests.length, calls);
    upstream.enqueue(answer('For all to read'));
    const live = await inferWhole(messageId, { token: await chats.member('member') });
    assert.equal((await inferWhole(messageId, guest)).raw(), live.raw());
    assert.equal((await inferWhole(chatId, guest)).raw(), live.raw());
    assert.equal((await app.call(`/chats/${chatId}`, guest)).status, 200);
    const body = { chat_id: chatId, role: 'Human', message: 'x' };
    for (const [method, path, sent] of [
      ['POST', '/chats/create', { name: 'x' }],
      ['PUT', `/chats/update/${chatId}`, {}],
      ['DELETE', `/chats/delete/${chatId}`, undefined],
      ['POST', '/conversations/create', body],
      ['DELETE', `/conversations/delete/${messageId}`, undefined],
    ] as const) {
      const { status } = await app.call(path, {
        ...guest,
        method,
        ...(sent !== undefined && { body: sent }),
      });
      assert.equal(status, 403, `${method} ${path}`);
    }
  });

  test('what exists is replayed though its model is disabled; nothing new is begun', async () => {
    const { chatId, messageId } = await chats.question();
    upstream.enqueue(answer('Kept'));
    const live = await inferWhole(messageId);
    const next = await chats.say(chatId, 'Next');
    const path = `/organizations/${app.harness.scope.organizationId}/models/${app.harness.modelId}`;
    assert.equal((await app.admin('PATCH', path, { is_active: false })).status, 200);
    try {
      assert.equal((await inferWhole(messageId)).raw(), live.raw());
      const refused = await app.call(`/conversations/inference/${next}`, { key });
      assert.deepEqual([refused.status, refused.body.code], [409, 'model_unavailable']);
    } finally {
      assert.equal((await app.admin('PATCH', path, { is_active: true })).status, 200);
    }
  });

  test('access_token is taken on every endpoint: tokens only, and never logged', async () => {
    const token = await chats.user('by-query');
    const credential = `access_token=${token}`;
    const chat = await app.call(`/chats/create?${credential}`, { body: { name: 'By query' } });
    assert.equal(chat.status, 201);
    const messageId = await chats.say(chat.body.id, 'Hi', 'Human', { token });
    upstream.enqueue(answer('By query'));
    const reading = await infer(messageId, {}, `?${credential}`);
    await reading.ended;
    assert.equal(textOf(reading), 'By query');
    const list = await app.call(`/conversations/?chat_id=${chat.body.id}&${credential}`);
    assert.equal(list.body.length, 2);
    const member = await chats.member('member');
    assert.equal((await app.call(`/chats/?access_token=${member}`)).status, 200);
    for (const bad of [key, app.testKey, 'nonsense', '', `${token}x`, `${token}&access_token=${token}`]) {
      const { status, body } = await app.call(`/chats/?access_token=${bad}`);
      assert.deepEqual([status, body.code], [401, 'unauthenticated'], bad);
    }
    assert.ok(app.logged.length > 0);
    assert.ok(app.logged.every((line) => !line.includes(token) && !line.includes(member)));
  });

  test('while the server shuts down, what exists is attached to, and nothing is begun', async () => {
    const { chatId, messageId } = await chats.question();
    upstream.enqueue(answer('Kept'));
    const live = await inferWhole(messageId);
    const next = await chats.say(chatId, 'Next');
    await app.engine.drain(1000);
    assert.equal((await inferWhole(messageId)).raw(), live.raw());
    const refused = await app.call(`/conversations/inference/${next}`, { key });
    assert.deepEqual([refused.status, refused.body.code], [503, 'overloaded']);
    assert.ok(refused.headers.get('retry-after'));
  });
});
