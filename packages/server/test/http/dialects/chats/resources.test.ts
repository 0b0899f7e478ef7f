/** Chats and their messages are created, listed, changed and deleted, on both stores. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate } from 'colloquy-testkit/upstream/scripted-upstream';
import { startTestApp } from '../../http-app.ts';

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const id = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const nowhere = '01234567-89ab-7cde-8f01-23456789abcd';

onBothStores('chats', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const key = app.prodKey;
  const create = (name: string, options: object = { key }) =>
    app.call('/chats/create', { body: { name }, ...options });
  const say = (chatId: string, message: string, role = 'Human', options: object = { key }) =>
    app.call('/conversations/create', { body: { chat_id: chatId, role, message }, ...options });
  const token = async (userId: string, withKey = key): Promise<string> => {
    const { status, body } = await app.call('/api/chat/get_token', {
      key: withKey,
      body: { user_id: userId },
    });
    assert.equal(status, 200, JSON.stringify(body));
    return body.token;
  };

  test('a chat is created with 201 and its Location', async () => {
    const { status, body, headers } = await create('Chat 1');
    assert.equal(status, 201);
    assert.deepEqual(Object.keys(body), ['id', 'name', 'created_at', 'updated_at']);
    assert.match(body.id, id);
    assert.equal(body.name, 'Chat 1');
    assert.match(body.created_at, time);
    assert.equal(body.updated_at, body.created_at);
    assert.equal(headers.get('location'), `/chats/${body.id}`);
    const found = await app.call(headers.get('location') ?? '', { key });
    assert.equal(found.status, 200);
    assert.deepEqual(found.body, body);
    assert.deepEqual((await app.call(`/chats/${body.id.toUpperCase()}`, { key })).body, body);
  });

  test('names are 1 to 255 characters, taken as they are', async () => {
    assert.equal((await create('')).status, 400);
    assert.equal((await create('😀'.repeat(255))).status, 201);
    assert.equal((await create('😀'.repeat(256))).status, 400);
    assert.equal((await create(5 as unknown as string)).status, 400);
    const unknown = await app.call('/chats/create', { key, body: { nam: 'x' } });
    assert.equal(unknown.status, 400);
    assert.deepEqual(unknown.body, {
      error: 'name is required; nam is unknown',
      message: 'name is required; nam is unknown',
      code: 'invalid_request',
      field: 'name',
    });
  });

  test('the list is newest first, complete over its pages, with and without the slash', async () => {
    const { key: free } = await app.key('prod', {
      default_persona_id: app.harness.persona.personaId,
      end_user_limits: { writes_per_minute: 100_000 },
    });
    const mine = await token('lister', free);
    const empty = await app.call('/chats/', { token: mine });
    assert.deepEqual(empty.body, []);
    const made: string[] = [];
    for (let index = 0; index < 1003; index += 1) {
      const { body } = await create(`Chat ${index}`, { token: mine });
      made.push(body.id);
    }
    const { status, body, headers } = await app.call('/chats/', { token: mine });
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'application/json; charset=utf-8');
    assert.deepEqual(
      body.map((chat: { id: string }) => chat.id),
      made.toReversed(),
    );
    assert.deepEqual((await app.call('/chats?limit=1', { token: mine })).body, body);
  });

  test('archived chats are listed too', async () => {
    const { body: chat } = await create('Old');
    await app.harness.place.store.execute('updateConversation', {
      scope: app.harness.scope,
      id: chat.id,
      changes: { isArchived: true },
      now: Date.now(),
    });
    const { body } = await app.call('/chats/', { key });
    assert.ok(body.some((one: { id: string }) => one.id === chat.id));
  });

  test('an update renames, and stores updated_at as given, else now', async () => {
    const { body: chat } = await create('Before');
    const path = `/chats/update/${chat.id}`;
    const put = (body: unknown) => app.call(path, { method: 'PUT', key, body });
    const renamed = await put({ name: 'After' });
    assert.equal(renamed.status, 200);
    assert.equal(renamed.body.name, 'After');
    assert.equal(renamed.body.created_at, chat.created_at);
    assert.ok(renamed.body.updated_at >= chat.updated_at);
    const dated = await put({ name: 'Dated', updated_at: '2023-08-05T16:48:00.5+02:00' });
    assert.equal(dated.body.updated_at, '2023-08-05T14:48:00.500Z');
    assert.equal(dated.body.name, 'Dated');
    const early = await put({ updated_at: '1912-06-23T00:00:00Z' });
    assert.deepEqual(early.body, { ...dated.body, updated_at: '1912-06-23T00:00:00.000Z' });
    assert.deepEqual((await app.call(`/chats/${chat.id}`, { key })).body, early.body);
    const touched = await put({});
    assert.equal(touched.body.name, 'Dated');
    assert.ok(touched.body.updated_at >= renamed.body.updated_at);
    for (const updated_at of [
      'yesterday',
      1770571652,
      null,
      '2023-08-05',
      '2023-02-30T00:00:00Z',
      '0000-01-01T00:00:00+01:00',
    ]) {
      const { status, body } = await put({ updated_at });
      assert.equal(status, 400, String(updated_at));
      assert.match(body.error, /updated_at must/);
    }
    assert.equal((await app.call(`/chats/update/${nowhere}`, { method: 'PUT', key, body: {} })).status, 404);
    assert.equal((await app.call('/chats/update/47', { method: 'PUT', key, body: {} })).status, 400);
  });

  test('a deleted chat comes back once, and takes everything with it', async () => {
    const { body: chat } = await create('Doomed');
    const { body: message } = await say(chat.id, 'Hello?');
    app.harness.upstream.enqueue({
      steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Half'] }, { do: 'stall' }],
    });
    const stream = await app.stream(`/conversations/inference/${message.id}`, { key });
    await stream.until(({ events }) => events.length > 0);
    const generation = stream.response.headers.get('content-location')?.split('/')[3];
    const deleted = await app.call(`/chats/delete/${chat.id}`, { method: 'DELETE', key });
    assert.equal(deleted.status, 200);
    assert.deepEqual({ ...deleted.body, updated_at: '' }, { ...chat, updated_at: '' });
    assert.equal(await app.harness.upstream.requests.at(-1)?.closed, 'aborted');
    for (const path of [
      `/chats/${chat.id}`,
      `/conversations/?chat_id=${chat.id}`,
      `/conversations/${message.id}`,
      `/conversations/inference/${message.id}`,
      `/conversations/inference/${chat.id}`,
      `/api/generations/${generation}`,
      `/api/generations/${generation}/stream`,
    ]) {
      assert.equal((await app.call(path, { key })).status, 404, path);
    }
    const again = await app.call(`/chats/delete/${chat.id}`, { method: 'DELETE', key });
    assert.equal(again.status, 404);
    assert.equal(again.body.code, 'not_found');
  });

  test('messages: created with 201 and Location, listed oldest first, read and deleted', async () => {
    const { body: chat } = await create('Talk');
    const { status, body: first, headers } = await say(chat.id, 'One\r\ntwo\rthree');
    assert.equal(status, 201);
    assert.deepEqual(Object.keys(first), [
      ...['id', 'role', 'chat_id', 'message', 'status', 'generation_id', 'created_at', 'updated_at'],
    ]);
    assert.match(first.id, id);
    assert.match(first.created_at, time);
    assert.deepEqual([first.role, first.chat_id, first.message], ['Human', chat.id, 'One\ntwo\nthree']);
    assert.equal(headers.get('location'), `/conversations/${first.id}`);
    const { body: second } = await say(chat.id, 'An answer', 'Assistant');
    const { body: third } = await say(chat.id, 'Thanks');
    assert.equal(second.role, 'Assistant');
    const list = await app.call(`/conversations/?chat_id=${chat.id}`, { key });
    assert.equal(list.status, 200);
    assert.deepEqual(list.body, [first, second, third]);
    assert.deepEqual((await app.call(`/conversations?chat_id=${chat.id}`, { key })).body, list.body);
    assert.deepEqual((await app.call(`/conversations/${first.id}`, { key })).body, first);
    const deleted = await app.call(`/conversations/delete/${second.id}`, { method: 'DELETE', key });
    assert.equal(deleted.status, 200);
    assert.deepEqual(deleted.body, second);
    assert.equal((await app.call(`/conversations/${second.id}`, { key })).status, 404);
    assert.deepEqual((await app.call(`/conversations/?chat_id=${chat.id}`, { key })).body, [first, third]);
    const touched = await app.call(`/chats/${chat.id}`, { key });
    assert.ok(touched.body.updated_at >= third.created_at);
  });

  test('a long chat is listed complete', async () => {
    const { body: chat } = await create('Long');
    const count = 401;
    for (let index = 0; index < count; index += 1) {
      assert.equal((await say(chat.id, `Message ${index}`)).status, 201);
    }
    const { body } = await app.call(`/conversations/?chat_id=${chat.id}`, { key });
    assert.deepEqual(
      body.map(({ message }: { message: string }) => message),
      Array.from({ length: count }, (_, index) => `Message ${index}`),
    );
  });

  test('what a message must be', async () => {
    const { body: chat } = await create('Strict');
    assert.equal((await say(chat.id, 'x', 'System')).status, 400);
    assert.match((await say(chat.id, 'x', 'human')).body.error, /role must be one of "Human", "Assistant"/);
    assert.equal((await say(chat.id, '')).status, 400);
    assert.equal((await say(chat.id, '😀'.repeat(200_000))).status, 201);
    const long = await say(chat.id, '😀'.repeat(200_001));
    assert.equal(long.status, 400);
    assert.equal(long.body.error, 'message must have 1 to 200000 characters');
    assert.equal((await say(chat.id, 'x'.repeat(20_000), 'Assistant')).status, 201);
    assert.equal((await say(chat.id, 'a\0b')).status, 400);
    assert.equal((await say(nowhere, 'x')).status, 404);
    assert.equal((await say('47', 'x')).status, 400);
    assert.equal((await app.call(`/conversations/?chat_id=${nowhere}`, { key })).status, 404);
    assert.equal((await app.call('/conversations/?chat_id=47', { key })).status, 400);
    assert.equal((await app.call('/conversations/47', { key })).status, 400);
    assert.equal((await app.call(`/conversations/${chat.id}`, { key })).status, 404);
  });

  test('create is never session_busy; an answer that is being written shows its text', async () => {
    const { body: chat } = await create('Busy');
    const { body: message } = await say(chat.id, 'Question');
    const held = gate();
    app.harness.upstream.enqueue({
      steps: [
        { do: 'headers' },
        { do: 'tokens', tokens: ['Half', ' a'] },
        held.step,
        { do: 'tokens', tokens: [' line'] },
        { do: 'finish' },
        { do: 'end' },
      ],
    });
    const stream = await app.stream(`/conversations/inference/${message.id}`, { key });
    await stream.until(({ events }) => events.map(({ data }) => data).join('') === 'Half a');
    const second = await say(chat.id, 'Meanwhile');
    assert.equal(second.status, 201);
    const running = await app.call(`/conversations/?chat_id=${chat.id}`, { key });
    assert.deepEqual(
      running.body.map(({ role, message: text }: { role: string; message: string }) => [role, text]),
      [
        ['Human', 'Question'],
        ['Assistant', 'Half a'],
        ['Human', 'Meanwhile'],
      ],
    );
    assert.equal((await app.call(`/conversations/${running.body[1].id}`, { key })).body.message, 'Half a');
    held.release();
    await stream.ended;
    const ended = await app.call(`/conversations/${running.body[1].id}`, { key });
    assert.equal(ended.body.message, 'Half a line');
  });

  test('Idempotency-Key: a retry gets the first result, another body is 409', async () => {
    const headers = { 'idempotency-key': `key-${Math.random()}` };
    const first = await create('Once', { key, headers });
    const again = await create('Once', { key, headers });
    assert.equal(again.status, 201);
    assert.deepEqual(again.body, first.body);
    assert.equal(again.headers.get('location'), first.headers.get('location'));
    const other = await create('Twice', { key, headers });
    assert.deepEqual([other.status, other.body.code], [409, 'idempotency_mismatch']);
    const more = { 'idempotency-key': `key-${Math.random()}` };
    const said = await say(first.body.id, 'Hi', 'Human', { key, headers: more });
    const repeated = await say(first.body.id, 'Hi', 'Human', { key, headers: more });
    assert.deepEqual(repeated.body, said.body);
    const { body } = await app.call(`/conversations/?chat_id=${first.body.id}`, { key });
    assert.equal(body.length, 1);
  });

  test('two first messages at once begin one session', async () => {
    const { body: chat } = await create('Race');
    const said = await Promise.all(['a', 'b', 'c', 'd'].map((text) => say(chat.id, text)));
    assert.ok(said.every(({ status }) => status === 201));
    app.harness.upstream.enqueue(answer('Done'));
    const stream = await app.stream(`/conversations/inference/${chat.id}`, { key });
    await stream.ended;
    const asked = app.harness.upstream.requests.at(-1)?.body?.messages ?? [];
    const texts = asked.filter(({ role }) => role === 'user').map(({ content }) => content);
    assert.deepEqual(
      texts
        .join('\n')
        .match(/[abcd]/g)
        ?.sort(),
      ['a', 'b', 'c', 'd'],
    );
  });

  test("users see their own chats, keys all of their kind's", async () => {
    const [ada, ben] = [await token('ada'), await token('ben')];
    const { body: chat } = await create("Ada's", { token: ada });
    const { body: message } = await say(chat.id, 'Mine', 'Human', { token: ada });
    for (const credential of [{ token: ben }, { key: app.testKey }]) {
      const list = await app.call('/chats/', credential);
      assert.ok(!JSON.stringify(list.body).includes(chat.id));
      for (const path of [`/chats/${chat.id}`, `/conversations/${message.id}`]) {
        assert.equal((await app.call(path, credential)).status, 404);
      }
      assert.equal((await say(chat.id, 'x', 'Human', credential)).status, 404);
      const put = await app.call(`/chats/update/${chat.id}`, { method: 'PUT', body: {}, ...credential });
      assert.equal(put.status, 404);
      const gone = await app.call(`/chats/delete/${chat.id}`, { method: 'DELETE', ...credential });
      assert.equal(gone.status, 404);
    }
    // The key sees the user's chat; messages that it adds belong to the user.
    const added = await say(chat.id, 'From the back end');
    assert.equal(added.status, 201);
    const list = await app.call(`/conversations/?chat_id=${chat.id}`, { token: ada });
    assert.deepEqual(list.body, [message, added.body]);
    assert.equal((await app.call(`/conversations/${added.body.id}`, { token: ada })).status, 200);
  });
});
