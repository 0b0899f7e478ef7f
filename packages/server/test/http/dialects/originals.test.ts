/** Clients that were written for the originals of the three dialects work unchanged: what they send, and what they read. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { dataOf, startTestApp } from '../http-app.ts';
import { chatsOf } from './chats/chats-app.ts';

onBothStores('clients of the originals', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { upstream, scope, modelId } = app.harness;
  const chats = chatsOf(app);
  const own = { key: app.prodKey };
  const page = { origin: 'https://shop.example' };

  test('the persona widget, from the page of a shop', async () => {
    const preflight = await app.call('/api/chat/completion/stream', {
      method: 'OPTIONS',
      headers: {
        ...page,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-client-id',
      },
    });
    assert.equal(preflight.status, 204);
    assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /x-client-id/i);
    const tokenOf = (body: object, headers: Record<string, string> = {}) =>
      app.call('/api/chat/get_token', { ...own, body: { user_id: 'visitor', ...body }, headers });
    const { body: token } = await tokenOf({
      client_id: 'browser-1',
      persona: { alias: 'test', version_type: null },
    });
    assert.equal(typeof token.token, 'string', JSON.stringify(token));
    const credential = {
      token: token.token,
      headers: { ...page, accept: 'text/event-stream', 'x-client-id': 'another one, which is ignored' },
    };
    upstream.enqueue(answer('Hello'), answer('again'));
    const begun = await app.stream('/api/chat/completion/stream', { ...credential, body: { message: 'Hi' } });
    await begun.ended;
    assert.equal(begun.response.headers.get('access-control-allow-origin') !== null, true);
    const [{ session_id: session }] = dataOf(begun);
    const body = { session, message: 'Again', max_tokens: null, session_id: null, when_busy: null };
    const further = await app.stream('/api/chat/continuation/stream', { ...credential, body });
    await further.ended;
    assert.deepEqual(
      dataOf(further).map(({ type }) => type),
      ['session_continued', 'token', 'done'],
    );
    // It shows `message` of an error, and takes "401" in it for an expired token.
    const refused = await app.call('/api/chat/continuation/stream', {
      ...credential,
      body: { ...body, session: 'x' },
    });
    assert.deepEqual([refused.status, refused.body.message], [400, refused.body.error]);
    upstream.enqueue(refuse(401, { message: '401 Unauthorized' }));
    const failed = await app.stream('/api/chat/completion/stream', {
      ...credential,
      body: { message: 'Hi' },
    });
    await failed.ended;
    assert.equal(dataOf(failed).at(-1).type, 'error');
    assert.doesNotMatch(dataOf(failed).at(-1).message, /\d/);

    for (const [given, header, status] of [
      ['a', 'a', 200],
      ['a', 'b', 400],
      [null, 'b', 200],
      ['', 'b', 400],
      ['x'.repeat(256), 'b', 400],
    ] as const)
      assert.equal(
        (await tokenOf({ client_id: given }, { 'x-client-id': header })).status,
        status,
        `${given} ${header}`,
      );
    // A selector of its newer generation, and calls without a stream.
    await app.persona('drafted', { next: true });
    upstream.enqueue(answer('Whole'));
    const whole = await app.call('/api/chat/completion', {
      key: app.testKey,
      body: { message: 'Hi', persona: { alias: 'drafted', version_tag: 'next' } },
    });
    assert.deepEqual([whole.body.response, whole.body.rg_response.response], ['Whole', 'Whole']);
    assert.equal(whole.body.rg_response.tokens_used, whole.body.usage.total_tokens);
    const both = await app.call('/api/chat/completion', {
      key: app.testKey,
      body: { message: 'Hi', persona: { alias: 'drafted', version_tag: 'next', version_type: 'active' } },
    });
    assert.deepEqual([both.status, both.body.field], [400, 'persona.version_tag']);
  });

  test('limits of end users hold for a client too, whoever its user is', async () => {
    const { key } = await app.key('prod', {
      default_persona_id: app.harness.persona.personaId,
      end_user_limits: { requests_per_minute: 1 },
    });
    const ask = async (user_id: string, client_id: string) => {
      const { body } = await app.call('/api/chat/get_token', { key, body: { user_id, client_id } });
      return app.call('/api/chat/completion', { token: body.token, body: { message: 'Hi' } });
    };
    upstream.enqueue(answer('a'), answer('b'));
    assert.equal((await ask('first', 'one')).status, 200);
    const second = await ask('second', 'one');
    assert.deepEqual(
      [second.status, second.body.limit],
      [429, { name: 'requests_per_minute', subject: 'end_user' }],
    );
    assert.equal((await ask('third', 'two')).status, 200);
  });

  test('the team product’s front end', async () => {
    const token = await chats.member('member');
    const org = `org_id=${scope.organizationId}`;
    const call = async (path: string, body?: object) => {
      const answered = await app.call(`/api${path}`, { token, headers: page, ...(body && { body }) });
      assert.equal(answered.status, 200, `${path}: ${JSON.stringify(answered.body)}`);
      return answered.body;
    };
    const [model] = await call(`/llm/list?${org}`);
    assert.deepEqual(
      [model.id, model.version, model.is_active, model.config],
      [modelId, model.model, true, {}],
    );
    const conversation = await call(`/conversation/create?${org}`, {
      title: 'New Chat',
      description: 'What for',
    });
    assert.equal(conversation.description, 'What for');
    const session = await call(`/conversation/create_session?${org}`, {
      ...{ conversation_id: conversation.id, model_id: model.id, agent_id: null, settings: {} },
    });
    upstream.enqueue(answer('Hello'));
    const stream = await app.stream(`/api/conversation/stream_chat?${org}`, {
      token,
      headers: page,
      body: { chat_session_id: session.id, message: 'Hi' },
    });
    await stream.ended;
    const shown = await call(`/conversation/get_with_sessions?${org}&conversation_id=${conversation.id}`);
    assert.deepEqual([shown.id, shown.title], [conversation.id, 'New Chat']);
    const [active] = shown.chat_sessions.filter(({ status }: { status: string }) => status === 'active');
    assert.deepEqual(
      [active.id, active.conversation_id, active.model_id, active.model_name],
      [session.id, conversation.id, model.id, model.name],
    );
    const { messages, total, has_more } = await call(
      `/conversation/messages?${org}&conversation_id=${conversation.id}&limit=20&offset=0`,
    );
    assert.deepEqual([total, has_more, messages[1].model_name], [2, false, model.name]);
    const missing = await app.call(`/api/conversation/list`, { token });
    assert.deepEqual([missing.status, missing.body.message], [400, missing.body.detail]);
  });

  test('scripts for the chats API', async () => {
    const user = { token: await chats.user('script') };
    const chatId = await chats.chat(user);
    const other = await chats.chat(user);
    await chats.say(other, 'in another chat', 'Human', user);
    const question = await chats.say(chatId, 'Hi', 'Human', user);
    upstream.enqueue(answer('Hello\nthere'));
    await (await app.stream(`/conversations/inference/${question}`, user)).ended;
    // They send each answer back; it is there already.
    const sent = await app.call('/conversations/create', {
      ...user,
      body: { chat_id: chatId, role: 'Assistant', message: 'Hello\nthere' },
    });
    assert.equal(sent.status, 201);
    const { body: all } = await app.call('/conversations/', user);
    assert.deepEqual(
      all.map(({ message }: { message: string }) => message),
      ['in another chat', 'Hi', 'Hello\nthere'],
    );
    assert.equal(all[2].id, sent.body.id);
    const strangers = await app.call('/conversations/', { token: await chats.user('stranger') });
    assert.deepEqual(strangers.body, []);
    const changed = await app.call(`/chats/update/${chatId}`, {
      ...user,
      method: 'PUT',
      body: { name: 'Chat', updated_at: '2023-08-05T14:48:00.123456' },
    });
    assert.deepEqual([changed.status, changed.body.updated_at], [200, '2023-08-05T14:48:00.123Z']);
    for (const updated_at of ['2023-08-05', 'yesterday', '2023-13-05T14:48:00'])
      assert.equal(
        (await app.call(`/chats/update/${chatId}`, { ...user, method: 'PUT', body: { updated_at } })).status,
        400,
      );
  });
});
