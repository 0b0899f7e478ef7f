/** An end user's sessions by token: listed, read, renamed, deleted; and whom they talk to. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate } from 'colloquy-testkit/upstream/scripted-upstream';
import { newId } from '../../../src/domain/ids.ts';
import { checkStore } from '../../../src/store/check/check-store.ts';
import { chatsOf, inTwo } from '../dialects/chats/chats-app.ts';
import { startTestApp } from '../http-app.ts';

onBothStores('sessions of an end user', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { upstream, scope, modelId } = app.harness;
  const { store } = app.harness.place;
  const chats = chatsOf(app);
  const own = { key: app.prodKey };
  const org = `org_id=${scope.organizationId}`;

  async function begin(token: string, message: string, more: object = {}): Promise<string> {
    upstream.enqueue(answer(`A ${message}`));
    const { status, body } = await app.call('/api/chat/completion', { token, body: { message, ...more } });
    assert.equal(status, 200, JSON.stringify(body));
    return body.session_id;
  }
  async function list(query: string, credential: object) {
    const { status, body } = await app.call(`/api/chat/sessions${query}`, credential);
    assert.equal(status, 200, JSON.stringify(body));
    return body as {
      data: { session_id: string; title: string; running: string | null }[];
      next_cursor: string | null;
    };
  }

  test('are listed newest first, in pages, by words and metadata; keys name the user', async () => {
    const ada = await chats.user('ada');
    const bob = await chats.user('bob');
    const sessions = [];
    for (const message of ['walrus one', 'walrus two', 'narwhal'])
      sessions.unshift(await begin(ada, message, { metadata: { about: message } }));
    await begin(bob, 'walrus of bob');
    const whole = await list('', { token: ada });
    assert.deepEqual(
      whole.data.map(({ session_id }) => session_id),
      sessions,
    );
    assert.deepEqual(
      [whole.next_cursor, whole.data[0]?.title, whole.data[0]?.running],
      [null, 'narwhal', null],
    );
    const first = await list('?limit=2', { token: ada });
    const second = await list(`?limit=2&cursor=${first.next_cursor}`, { token: ada });
    assert.deepEqual([...first.data, ...second.data], whole.data);
    assert.equal(second.next_cursor, null);
    const found = async (query: string, credential: object = { token: ada }) =>
      (await list(query, credential)).data.map(({ title }) => title);
    assert.deepEqual(await found('?q=walrus'), ['walrus two', 'walrus one']);
    assert.deepEqual(await found('?q=walrus&metadata[about]=walrus%20one'), ['walrus one']);
    assert.deepEqual(await found('?user_id=ada&q=narwhal', own), ['narwhal']);
    for (const [query, credential, status] of [
      ['', own, 400],
      ['?user_id=nobody', own, 404],
      ['?user_id=bob', { token: ada }, 403],
      ['?cursor=x', { token: ada }, 400],
      ['?limit=0', { token: ada }, 400],
    ] as const)
      assert.equal((await app.call(`/api/chat/sessions${query}`, credential)).status, status, query);
  });

  test('are read as a thread, renamed, and not seen by others', async () => {
    const eve = await chats.user('eve');
    const session = await begin(eve, 'hello');
    const path = `/api/chat/sessions/${session}`;
    const { body } = await app.call(`${path}/messages?limit=1`, { token: eve });
    assert.deepEqual([body.messages[0].content, body.has_more_before, body.running], ['A hello', true, null]);
    const before = await app.call(`${path}/messages?before=${body.leaf}`, { token: eve });
    assert.deepEqual([before.body.messages.length, before.body.messages[0].content], [1, 'hello']);
    const renamed = await app.call(path, { token: eve, method: 'PATCH', body: { title: 'Other' } });
    assert.deepEqual([renamed.status, renamed.body.title, renamed.body.session_id], [200, 'Other', session]);
    assert.equal((await list('', { token: eve })).data[0]?.title, 'Other');
    const bob = await chats.user('bob');
    for (const [credential, status] of [
      [{ token: bob }, 404],
      [own, 400],
    ] as const)
      for (const [method, end] of [
        ['GET', '/messages'],
        ['PATCH', ''],
        ['DELETE', ''],
      ] as const) {
        const call = { ...credential, method, ...(method === 'PATCH' && { body: { title: 'x' } }) };
        assert.equal((await app.call(path + end, call)).status, status, method);
      }
    assert.equal((await app.call(`${path}/messages?user_id=eve`, own)).status, 200);
    assert.equal((await app.call(`/api/chat/sessions/${newId()}/messages`, { token: eve })).status, 404);
  });

  test('another persona has sessions of its own, and tells its users what they may read', async () => {
    const id = await app.persona('greeter');
    const versions = `/organizations/${scope.organizationId}/personas/${id}`;
    const draft = {
      ...{ system_prompt: 'Secret.', model_id: modelId, note: 'secret' },
      ...{ greeting: 'Hello!', suggestions: ['Prices'], internet: true },
    };
    assert.equal((await app.admin('PUT', `${versions}/next`, draft)).status, 200);
    assert.equal((await app.admin('POST', `${versions}/submit`)).status, 200);
    const usual = await chats.user('mia');
    const greeted = await chats.user('mia', { persona: 'greeter', client_id: null });
    const session = await begin(usual, 'usual');
    assert.deepEqual((await list('', { token: greeted })).data, []);
    assert.equal((await app.call(`/api/chat/sessions/${session}/messages`, { token: greeted })).status, 404);
    assert.deepEqual((await app.call('/api/chat/persona', { token: greeted })).body, {
      ...{ name: 'greeter', alias: 'greeter', greeting: 'Hello!', suggestions: ['Prices'], internet: true },
    });
    const { body } = await app.call('/api/chat/persona', own);
    assert.deepEqual([body.alias, body.greeting, body.suggestions], ['test', null, []]);
  });

  test('deleting one cancels what runs; what was begun behind it goes on', async () => {
    const token = await chats.user('kim');
    const session = await begin(token, 'one');
    const { body: shown } = await app.call(`/api/chat/sessions/${session}/messages`, { token });
    const fork = await app.call(`/api/conversation/fork?${org}&session_id=${session}`, {
      token,
      body: { message_id: shown.leaf },
    });
    assert.equal(fork.status, 200, JSON.stringify(fork.body));
    upstream.enqueue(answer('behind'));
    const further = await app.call('/api/chat/continuation', {
      token,
      body: { session: fork.body.id, message: 'two' },
    });
    assert.equal(further.status, 200);
    const held = gate();
    upstream.enqueue(inTwo(['So'], held.step, [' far']));
    const live = await app.stream('/api/chat/continuation/stream', {
      token,
      body: { session, message: 'more' },
    });
    await live.until(({ events }) => events.length === 2);
    const running = (await list('', { token })).data.find(
      ({ session_id }) => session_id === session,
    )?.running;
    assert.notEqual(running, null);
    assert.equal((await app.call(`/api/chat/sessions/${session}`, { token, method: 'DELETE' })).status, 204);
    held.release();
    assert.equal((await app.call(`/api/generations/${running}`, { token })).status, 404);
    const left = await app.call(`/api/chat/sessions/${fork.body.id}/messages`, { token });
    assert.deepEqual(
      left.body.messages.map(({ content }: { content: string }) => content),
      ['two', 'behind'],
    );
    const { conversation_id: id } = fork.body;
    const page = await app.call(`/api/conversation/messages?${org}&conversation_id=${id}`, own);
    assert.equal(page.body.total, 2);
    assert.deepEqual(await checkStore(store.reads, storeEngine), []);
    assert.equal(
      (await app.call(`/api/chat/sessions/${fork.body.id}`, { token, method: 'DELETE' })).status,
      204,
    );
    assert.equal((await app.call(`/chats/${id}`, own)).status, 404);
    assert.deepEqual((await list('', { token })).data, []);
  });

  test('deleting one cancels what waits in it before its model is asked', async () => {
    const token = await chats.user('lea');
    const session = await begin(token, 'one');
    const held = gate();
    upstream.enqueue(inTwo(['So'], held.step, [' far']));
    const path = '/api/chat/continuation/stream';
    const running = await app.stream(path, { token, body: { session, message: 'two' } });
    await running.until(({ events }) => events.length === 2);
    const asked = upstream.requests.length;
    const waiting = await Promise.all(
      ['three', 'four'].map((message) =>
        app.stream(path, { token, body: { session, message, when_busy: 'queue' } }),
      ),
    );
    for (const stream of waiting) await stream.until(({ events }) => events.length === 2);
    assert.equal((await app.call(`/api/chat/sessions/${session}`, { token, method: 'DELETE' })).status, 204);
    held.release();
    assert.equal(upstream.requests.length, asked);
    assert.deepEqual(await checkStore(store.reads, storeEngine), []);
  });
});
