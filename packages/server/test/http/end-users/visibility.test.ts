/**
 * Members and guests see conversations that belong to no end user; owners, admins and keys see those of end users too, and
 * so do all members where the organization says so. Every operation about conversations is tried by each of them.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { type Chats, chatsOf } from '../dialects/chats/chats-app.ts';
import { type Call, generationOf, startTestApp, type TestApp } from '../http-app.ts';

/** A conversation with an answered message and an unanswered one; its texts and title hold `word`. */
interface Conversation {
  readonly word: string;
  readonly id: string;
  readonly session: string;
  readonly generation: string;
  readonly question: string;
}

type Request = readonly [path: string, call?: Call];

/** What is addressed by an id: answered with 404 where it is not seen. */
const addressed: Readonly<Record<string, (org: string, of: Conversation) => Request>> = {
  'GET /api/conversation/get_with_sessions': (org, { id }) => [
    `/api/conversation/get_with_sessions?org_id=${org}&conversation_id=${id}`,
  ],
  'GET /api/conversation/messages': (org, { id }) => [
    `/api/conversation/messages?org_id=${org}&conversation_id=${id}`,
  ],
  'GET /api/conversation/messages/{id}': (org, { question }) => [
    `/api/conversation/messages/${question}?org_id=${org}`,
  ],
  'GET /api/conversation/thread': (org, { session }) => [
    `/api/conversation/thread?org_id=${org}&session_id=${session}`,
  ],
  'GET /api/ui/chat/{id}': (_, { id }) => [`/api/ui/chat/${id}`],
  'GET /v1/conversations/{id}': (_, { id }) => [`/v1/conversations/conv_${hex(id)}`],
  'GET /v1/conversations/{id}/items': (_, { id }) => [`/v1/conversations/conv_${hex(id)}/items`],
  'GET /v1/conversations/{id}/items/{item}': (_, { id, question }) => [
    `/v1/conversations/conv_${hex(id)}/items/msg_${hex(question)}00`,
  ],
  'GET /v1/responses/{id}': (_, { generation }) => [`/v1/responses/resp_${hex(generation)}`],
  'GET /chats/{id}': (_, { id }) => [`/chats/${id}`],
  'GET /conversations': (_, { id }) => [`/conversations?chat_id=${id}`],
  'GET /conversations/{id}': (_, { question }) => [`/conversations/${question}`],
  'GET /api/generations/{id}': (_, { generation }) => [`/api/generations/${generation}`],
  'GET /api/generations/{id}/stream': (_, { generation }) => [`/api/generations/${generation}/stream`],
  'GET /api/generations/{id}/context': (_, { generation }) => [`/api/generations/${generation}/context`],
};

/** The same for what writes, or may. A guest is refused before. */
const writing: Readonly<Record<string, (org: string, of: Conversation) => Request>> = {
  'POST /api/conversation/create_session': (org, { id }) => [
    `/api/conversation/create_session?org_id=${org}`,
    { body: { conversation_id: id, model_id: '01a218e7-1534-74fd-a5b6-0d6f8294d4fa' } },
  ],
  'POST /api/conversation/stream_chat': (org, { session }) => [
    `/api/conversation/stream_chat?org_id=${org}`,
    { body: { chat_session_id: session, message: 'Hi' } },
  ],
  'POST /api/conversation/complete_session': (org, { session }) => [
    `/api/conversation/complete_session?org_id=${org}&session_id=${session}`,
    { method: 'POST' },
  ],
  'PUT /api/conversation/update': (org, { id }) => [
    `/api/conversation/update?org_id=${org}&conversation_id=${id}`,
    { method: 'PUT', body: { title: 'Taken' } },
  ],
  'DELETE /api/conversation/delete': (org, { id }) => [
    `/api/conversation/delete?org_id=${org}&conversation_id=${id}`,
    { method: 'DELETE' },
  ],
  'POST /api/conversation/fork': (org, { session, question }) => [
    `/api/conversation/fork?org_id=${org}&session_id=${session}`,
    { body: { message_id: question } },
  ],
  'PUT /api/conversation/session': (org, { session, question }) => [
    `/api/conversation/session?org_id=${org}&session_id=${session}`,
    { method: 'PUT', body: { head_message_id: question } },
  ],
  'POST /api/conversation/feedback': (org, { question }) => [
    `/api/conversation/feedback?org_id=${org}`,
    { body: { message_id: question, rating: 1 } },
  ],
  'POST /api/conversation/tool_results': (org, { session }) => [
    `/api/conversation/tool_results?org_id=${org}`,
    { body: { session_id: session, results: [{ call_id: 'call_x', output: '' }] } },
  ],
  'POST /v1/responses': (_, { id }) => [
    '/v1/responses',
    { body: { model: 'persona:test', conversation: `conv_${hex(id)}`, input: 'Hi' } },
  ],
  'POST /v1/responses/input_tokens': (_, { id }) => [
    '/v1/responses/input_tokens',
    { body: { conversation: `conv_${hex(id)}` } },
  ],
  'POST /v1/responses/{id}/cancel': (_, { generation }) => [
    `/v1/responses/resp_${hex(generation)}/cancel`,
    { method: 'POST' },
  ],
  'DELETE /v1/responses/{id}': (_, { generation }) => [
    `/v1/responses/resp_${hex(generation)}`,
    { method: 'DELETE' },
  ],
  'POST /v1/conversations/{id}': (_, { id }) => [
    `/v1/conversations/conv_${hex(id)}`,
    { body: { metadata: { taken: 'yes' } } },
  ],
  'DELETE /v1/conversations/{id}': (_, { id }) => [`/v1/conversations/conv_${hex(id)}`, { method: 'DELETE' }],
  'POST /v1/conversations/{id}/items': (_, { id }) => [
    `/v1/conversations/conv_${hex(id)}/items`,
    { body: { items: [{ type: 'message', role: 'user', content: 'Hi' }] } },
  ],
  'DELETE /v1/conversations/{id}/items/{item}': (_, { id, question }) => [
    `/v1/conversations/conv_${hex(id)}/items/msg_${hex(question)}00`,
    { method: 'DELETE' },
  ],
  'PUT /chats/update/{id}': (_, { id }) => [
    `/chats/update/${id}`,
    { method: 'PUT', body: { name: 'Taken' } },
  ],
  'DELETE /chats/delete/{id}': (_, { id }) => [`/chats/delete/${id}`, { method: 'DELETE' }],
  'POST /conversations/create': (_, { id }) => [
    '/conversations/create',
    { body: { chat_id: id, role: 'Human', message: 'Hi' } },
  ],
  'DELETE /conversations/delete/{id}': (_, { question }) => [
    `/conversations/delete/${question}`,
    { method: 'DELETE' },
  ],
  'GET /conversations/inference/{id}': (_, { question }) => [`/conversations/inference/${question}`],
  'GET /conversations/inference_internet/{id}': (_, { question }) => [
    `/conversations/inference_internet/${question}`,
  ],
  'POST /api/generations/{id}/cancel': (_, { generation }) => [
    `/api/generations/${generation}/cancel`,
    { method: 'POST' },
  ],
  'POST /api/generations/{id}/regenerate': (_, { generation }) => [
    `/api/generations/${generation}/regenerate`,
    { method: 'POST' },
  ],
  'POST /api/generations/{id}/continue': (_, { generation }) => [
    `/api/generations/${generation}/continue`,
    { method: 'POST' },
  ],
};

/** Lists, which show the id of what is seen. */
const lists: Readonly<Record<string, (org: string) => readonly string[]>> = {
  'GET /api/conversation/list': (org) => [
    `/api/conversation/list?org_id=${org}`,
    `/api/conversation/list?org_id=${org}&limit=50`,
    `/api/conversation/list?org_id=${org}&q=walrus`,
    `/api/conversation/list?org_id=${org}&q=walrus&limit=50&is_archived=false`,
  ],
  'GET /chats': () => ['/chats', '/chats/'],
};

/** Operations that show nothing of a conversation that was there before. */
const others: readonly string[] = [
  'POST /api/conversation/create',
  'POST /chats/create',
  'GET /api/llm/list',
  'GET /api/persona/list',
  'GET /api/org/list',
  // A chat that is not seen is a new one.
  'POST /api/ui/chat',
  'GET /api/ui/chat/{id}/stream',
  'POST /api/ui/chat/{id}/stop',
  'GET /v1/models',
  'GET /v1/models/{path}',
  'POST /v1/conversations',
  // Each is a conversation of its own, and these were begun in another way.
  'POST /v1/chat/completions',
  'GET /v1/chat/completions',
  'GET /v1/chat/completions/{id}',
  'POST /v1/chat/completions/{id}',
  'DELETE /v1/chat/completions/{id}',
  'GET /v1/chat/completions/{id}/messages',
  // An end user's token does not read it at all; the matrix has it for the others.
  'GET /v1/responses/{id}/input_items',
];

const hex = (id: string): string => id.replaceAll('-', '');

onBothStores('conversations of end users', (engine) => {
  let app: TestApp;
  let chats: Chats;
  let org: string;
  let ofAda: Conversation;
  let ofNobody: Conversation;
  before(async () => {
    app = await startTestApp(engine);
    chats = chatsOf(app);
    org = app.harness.scope.organizationId;
    ofAda = await begin({ token: await chats.user('ada') }, 'walrus ada');
    ofNobody = await begin({ key: app.prodKey }, 'walrus nobody');
  });
  after(() => app[Symbol.asyncDispose]());

  async function begin(credential: Call, word: string): Promise<Conversation> {
    const stream = await app.stream('/api/chat/completion/stream', {
      ...credential,
      body: { message: word },
    });
    await stream.ended;
    const generation = generationOf(stream);
    const { body } = await app.call(`/api/generations/${generation}`, credential);
    const { conversation_id: id, session_id: session } = body;
    const question = await chats.say(id, word, 'Human', credential);
    return { word, id, session, generation, question };
  }

  const stringOf = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body));

  async function sees(credential: Call, what: Conversation, isSeen: boolean): Promise<void> {
    for (const [name, request] of Object.entries(addressed)) {
      const [path, call] = request(org, what);
      for (const method of name.startsWith('GET') ? ['GET', 'HEAD'] : [undefined]) {
        const { status, body } = await app.call(path, { ...call, ...credential, ...(method && { method }) });
        assert.equal(status, isSeen ? 200 : 404, `${method} ${name}: ${stringOf(body)}`);
      }
    }
    for (const [name, paths] of Object.entries(lists)) {
      for (const path of paths(org)) {
        const { status, body } = await app.call(path, credential);
        assert.equal(status, 200, path);
        const ids = (body as { id: string }[]).map(({ id }) => id);
        assert.equal(ids.includes(what.id), isSeen, `${name}: ${path}`);
      }
    }
  }

  test('every operation of the dialects is in a table', async () => {
    const document = (await app.call('/docs/openapi.json')).body as {
      paths: Record<string, Record<string, { tags: string[]; security?: object[] }>>;
    };
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { security }]) =>
        /^\/api\/(admin|console|chat\/)/.test(path) || security?.length === 0
          ? []
          : [`${method.toUpperCase()} ${path}`],
      ),
    );
    const known = [...Object.keys({ ...addressed, ...writing, ...lists }), ...others];
    assert.deepEqual(operations.sort(), known.sort());
  });

  for (const role of ['owner', 'admin', 'member', 'guest'] as const) {
    const isAdministrator = role === 'owner' || role === 'admin';
    test(`${role}: ${isAdministrator ? 'sees' : 'does not see'} them, as long as the organization says nothing`, async () => {
      const token = await chats.member(role);
      await sees({ token }, ofNobody, true);
      await sees({ token }, ofAda, isAdministrator);
      if (role === 'guest' || isAdministrator) return;
      const calls = app.harness.upstream.requests.length;
      for (const [name, request] of Object.entries(writing)) {
        const [path, call] = request(org, ofAda);
        const { status, body } = await app.call(path, { ...call, token });
        assert.equal(status, 404, `${name}: ${stringOf(body)}`);
      }
      assert.equal(app.harness.upstream.requests.length, calls);
      // A cursor of a stream that somebody has told opens nothing either.
      const cursor = { 'last-event-id': `${ofAda.generation}:1` };
      const path = `/api/conversation/stream_chat?org_id=${org}`;
      const resumed = await app.call(path, { method: 'POST', token, headers: cursor, body: {} });
      assert.equal(resumed.status, 404);
    });
  }

  test('keys see them, and a user’s token its own alone', async () => {
    await sees({ key: app.prodKey }, ofAda, true);
    await sees({ key: app.prodKey }, ofNobody, true);
    const ada = { token: await chats.user('ada') };
    await sees(ada, ofAda, true);
    await sees(ada, ofNobody, false);
  });

  test('all members see them where the organization says so, at their next request', async () => {
    const [member, guest] = [await chats.member('member'), await chats.member('guest')];
    const set = (end_user_conversations: string) =>
      app.admin('PATCH', `/organizations/${org}/settings`, { end_user_conversations });
    const changed = await set('members');
    assert.equal(changed.body.end_user_conversations, 'members');
    for (const token of [member, guest]) await sees({ token }, ofAda, true);
    assert.equal((await set('admins')).body.end_user_conversations, 'admins');
    for (const token of [member, guest]) await sees({ token }, ofAda, false);
    assert.equal((await set('everybody')).status, 400);
  });

  test('what a member begins belongs to no end user, and all members see it', async () => {
    const [one, other] = [await chats.member('member'), await chats.member('guest')];
    const { body } = await app.call('/chats/create', { token: one, body: { name: 'Of the team' } });
    assert.equal((await app.call(`/chats/${body.id}`, { token: other })).status, 200);
  });

  test('a search finds what a member sees behind any number of others', async () => {
    const { key } = await app.key('prod', {
      default_persona_id: app.harness.persona.personaId,
      end_user_limits: { writes_per_minute: 1000 },
    });
    const { body } = await app.call('/api/chat/get_token', { key, body: { user_id: 'ada' } });
    const ada = { token: body.token };
    const old = await begin({ key: app.prodKey }, 'narwhal of the team');
    for (let n = 0; n < 210; n += 1) await chats.say(ofAda.id, `narwhal ${n}`, 'Human', ada);
    const found = await app.call(`/api/conversation/list?org_id=${org}&q=narwhal`, {
      token: await chats.member('member'),
    });
    assert.deepEqual(
      found.body.map(({ id }: { id: string }) => id),
      [old.id],
    );
  });
});
