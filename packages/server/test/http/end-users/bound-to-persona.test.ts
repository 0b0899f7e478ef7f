/**
 * An end user's token has nothing answered but by its own persona, in no dialect. Every operation of the OpenAPI document
 * but the console's, which take no token, is refused to it, or stands in a list here with the reason why it is not.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { newId } from '../../../src/domain/ids.ts';
import { readGeneration } from '../../../src/store/queries/generations.ts';
import { type Chats, chatsOf } from '../dialects/chats/chats-app.ts';
import { type Call, generationOf, startTestApp, type TestApp } from '../http-app.ts';

/** A conversation of ada's: its session, a done and a failed generation, and an unanswered Human message. */
interface Conversation {
  readonly id: string;
  readonly session: string;
  readonly generation: string;
  readonly failed: string;
  readonly question: string;
}

interface World {
  readonly app: TestApp;
  readonly chats: Chats;
  readonly org: string;
  /** Ada's tokens for the persona `test`, and for `other`. */
  readonly token: string;
  readonly otherToken: string;
  readonly own: Conversation;
  readonly other: Conversation;
}

interface Escape {
  readonly path: string;
  readonly call?: Call;
  readonly status: 403 | 404;
}

const open = 'it needs no credential';
const ownData = "the user's own data, whatever persona it was said to";
/** These may start an answer: each has tries to have another persona, or a bare model, do it. */
type Answering = (world: World) => readonly Escape[];

const conversing = (org: string, name: string, query = ''): string =>
  `/api/conversation/${name}?org_id=${org}${query}`;
const elsewhere =
  (path: string): Answering =>
  ({ other, own }) => [
    { path, call: { body: { session: other.session, message: 'Hi' } }, status: 404 },
    {
      path,
      call: { body: { session: own.session, message: 'Hi', persona: { alias: 'other' } } },
      status: 403,
    },
  ];
const anew =
  (path: string): Answering =>
  () => [{ path, call: { body: { message: 'Hi', persona: { alias: 'other' } } }, status: 403 }];

const allowed: Readonly<Record<string, string | Answering>> = {
  'GET /healthz': open,
  'GET /healthz/stream': open,
  'GET /readyz': open,
  'GET /metrics': open,
  'GET /docs': open,
  'GET /docs/openapi.json': open,

  'POST /api/chat/completion': anew('/api/chat/completion'),
  'POST /api/chat/completion/stream': anew('/api/chat/completion/stream'),
  'POST /api/chat/continuation': elsewhere('/api/chat/continuation'),
  'POST /api/chat/continuation/stream': elsewhere('/api/chat/continuation/stream'),
  'POST /api/chat/feedback': ownData,
  'GET /api/chat/sessions': ownData,
  'GET /api/chat/sessions/{session_id}/messages': ownData,
  'PATCH /api/chat/sessions/{session_id}': ownData,
  'DELETE /api/chat/sessions/{session_id}': ownData,
  'GET /api/chat/persona': "what is public of the token's persona",
  'GET /api/chat/me': ownData,
  'DELETE /api/chat/me': ownData,

  'POST /api/conversation/create': 'a conversation without a session answers nothing',
  'POST /api/conversation/create_session': ({ app, org, own }) => [
    {
      path: conversing(org, 'create_session'),
      call: { body: { conversation_id: own.id, model_id: app.harness.modelId } },
      status: 403,
    },
  ],
  'POST /api/conversation/stream_chat': ({ org, other }) => [
    {
      path: conversing(org, 'stream_chat'),
      call: { body: { chat_session_id: other.session, message: 'Hi' } },
      status: 403,
    },
  ],
  'POST /api/conversation/tool_results':
    'what goes on behind calls of tools is permitted as any other turn of its session',
  'POST /api/conversation/fork': ({ app, org, own }) =>
    [{ model_id: app.harness.modelId }, { persona: { alias: 'other' } }].map((basis) => ({
      path: conversing(org, 'fork', `&session_id=${own.session}`),
      call: { body: { message_id: own.question, ...basis } },
      status: 403,
    })),
  'PUT /api/conversation/session': ownData,
  'GET /api/conversation/messages/{id}': ownData,
  'GET /api/conversation/thread': ownData,
  'POST /api/conversation/feedback': ownData,
  'GET /api/conversation/list': ownData,
  'GET /api/conversation/get_with_sessions': ownData,
  'GET /api/conversation/messages': ownData,
  'PUT /api/conversation/update': ownData,
  'DELETE /api/conversation/delete': ownData,
  'POST /api/conversation/complete_session': ownData,
  'GET /api/llm/list': "the model of the token's persona",
  'GET /api/persona/list': 'its persona alone',
  'GET /api/org/list': 'the organization whose id the calls need',

  'GET /chats': ownData,
  'GET /chats/{id}': ownData,
  'POST /chats/create': 'a chat without a session answers nothing',
  'PUT /chats/update/{id}': ownData,
  'DELETE /chats/delete/{id}': ownData,
  'GET /conversations': ownData,
  'GET /conversations/{id}': ownData,
  'POST /conversations/create': ({ own, other }) => {
    const say = (chat_id: string, role: string): Escape => ({
      path: '/conversations/create',
      call: { body: { chat_id, role, message: 'Something else' } },
      status: 403,
    });
    return [say(other.id, 'Human'), say(other.id, 'Assistant'), say(own.id, 'Assistant')];
  },
  'DELETE /conversations/delete/{id}': ownData,
  'GET /conversations/inference/{id}': ({ other }) =>
    bothMethods(other.question, other.id).map((one) => ({
      ...one,
      path: `/conversations/inference/${one.path}`,
    })),
  'GET /conversations/inference_internet/{id}': ({ own, other }) =>
    bothMethods(own.question, own.id, other.question).map((one) => ({
      ...one,
      path: `/conversations/inference_internet/${one.path}`,
    })),

  'POST /api/ui/chat': ({ own, other }) => {
    const message = { id: 'new', role: 'user', parts: [{ type: 'text', text: 'Hi' }] };
    const say = (body: object, status: 403 | 404 = 403): Escape => ({
      path: '/api/ui/chat',
      call: { body: { message, ...body } },
      status,
    });
    return [
      say({ id: 'a new chat', persona: { alias: 'other' } }),
      say({ id: other.id }),
      say({ id: other.id, messageId: other.question }),
      say({ id: other.id, trigger: 'regenerate-message', messageId: other.question }),
      say({ id: own.id, trigger: 'regenerate-message', messageId: other.question }, 404),
    ];
  },
  'GET /api/ui/chat/{id}': ownData,
  'GET /api/ui/chat/{id}/stream': ownData,
  'POST /api/ui/chat/{id}/stop': ownData,

  'GET /v1/models': "the token's persona",
  'GET /v1/models/{path}': "the token's persona",
  // In a conversation that was begun with another persona, the token's own answers.
  'POST /v1/responses': ({ app }) =>
    ['persona:other', app.harness.modelId].map((model) => ({
      path: '/v1/responses',
      call: { body: { input: 'Hi', model } },
      status: 403,
    })),
  'GET /v1/responses/{id}': ownData,
  'DELETE /v1/responses/{id}': ownData,
  'POST /v1/responses/{id}/cancel': ownData,
  'GET /v1/responses/{id}/input_items': ownData,
  'POST /v1/conversations': 'a conversation without a session answers nothing',
  'GET /v1/conversations/{id}': ownData,
  'POST /v1/conversations/{id}': ownData,
  'DELETE /v1/conversations/{id}': ownData,
  'POST /v1/conversations/{id}/items': 'items that nobody answers',
  'GET /v1/conversations/{id}/items': ownData,
  'GET /v1/conversations/{id}/items/{item}': ownData,
  'DELETE /v1/conversations/{id}/items/{item}': ownData,

  'GET /api/generations/{id}': ownData,
  'GET /api/generations/{id}/stream': ownData,
  'GET /api/generations/{id}/context': ownData,
  'POST /api/generations/{id}/cancel': ownData,
  'POST /api/generations/{id}/regenerate': ({ other }) => [
    { path: `/api/generations/${other.generation}/regenerate`, call: { method: 'POST' }, status: 403 },
  ],
  'POST /api/generations/{id}/continue': ({ other }) => [
    { path: `/api/generations/${other.failed}/continue`, call: { method: 'POST' }, status: 403 },
  ],
};

function bothMethods(...ids: string[]): Escape[] {
  return ids.flatMap((path) =>
    ['GET', 'HEAD'].map((method) => ({ path, call: { method }, status: 403 as const })),
  );
}

/** Under `/v1` the code is deeper. */
function codeOf(body: {
  readonly code?: string;
  readonly error?: { readonly code?: string };
}): string | undefined {
  return body.code ?? body.error?.code;
}

async function makeConversation(app: TestApp, token: string): Promise<Conversation> {
  const begun = await app.stream('/api/chat/completion/stream', { token, body: { message: 'Begin' } });
  await begun.ended;
  const generation = generationOf(begun);
  const { conversation_id: id, session_id: session } = (
    await app.call(`/api/generations/${generation}`, { token })
  ).body;
  app.harness.upstream.enqueue(refuse(400));
  const fails = await app.stream('/api/chat/continuation/stream', {
    token,
    body: { session, message: 'Fail' },
  });
  await fails.ended;
  const question = await chatsOf(app).say(id, 'Unanswered');
  return { id, session, generation, failed: generationOf(fails), question };
}

onBothStores('an end user’s token', (engine) => {
  let world: World;
  before(async () => {
    const app = await startTestApp(engine);
    await app.persona('other');
    const chats = chatsOf(app);
    const token = await chats.user('ada');
    const otherToken = await chats.user('ada', { persona: { alias: 'other' } });
    const org = app.harness.scope.organizationId;
    const own = await makeConversation(app, token);
    const other = await makeConversation(app, otherToken);
    world = { app, chats, org, token, otherToken, own, other };
  });
  after(() => world.app[Symbol.asyncDispose]());

  test('every operation is refused to it, or allowed for a reason', async () => {
    const { app, token, org } = world;
    const document = (await app.call('/docs/openapi.json')).body as {
      paths: Record<string, Record<string, unknown>>;
    };
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    assert.ok(operations.length > 60, 'the document has the operations');
    const stale = Object.keys(allowed).filter((name) => !operations.includes(name));
    assert.deepEqual(stale, []);
    const wrong: string[] = [];
    for (const name of operations.filter((one) => !(one in allowed) && !one.includes('/api/console/'))) {
      const [method = '', pattern = ''] = name.split(' ');
      const path = pattern.replaceAll('{org_id}', org).replaceAll(/\{[^}]+\}/g, newId());
      const { status, body } = await app.call(path, {
        method,
        token,
        ...(method !== 'GET' && method !== 'DELETE' && { body: {} }),
      });
      if (status !== 403 || codeOf(body) !== 'forbidden')
        wrong.push(`${name}: ${status} ${JSON.stringify(body)}`);
    }
    assert.deepEqual(wrong, []);
  });

  for (const [name, reason] of Object.entries(allowed)) {
    if (typeof reason === 'string') continue;
    test(`${name} starts nothing of another persona or model`, async () => {
      const { app, token } = world;
      const calls = app.harness.upstream.requests.length;
      for (const { path, call, status } of reason(world)) {
        const refused = await app.call(path, { ...call, token });
        assert.equal(
          refused.status,
          status,
          `${call?.method ?? ''} ${path}: ${JSON.stringify(refused.body)}`,
        );
        if (call?.method !== 'HEAD')
          assert.equal(codeOf(refused.body), status === 403 ? 'forbidden' : 'not_found');
      }
      assert.equal(app.harness.upstream.requests.length, calls);
    });
  }

  test('goes on with its own persona in every dialect, and with a session that a key began on a model', async () => {
    const { app, chats, org, token, own } = world;
    const stream = async (path: string, call: Call = {}) => {
      const reading = await app.stream(path, { ...call, token });
      await reading.ended;
      return reading.raw();
    };
    const body = { chat_session_id: own.session, message: 'Go on' };
    assert.match(await stream(conversing(org, 'stream_chat'), { body }), /event: end/);
    assert.match(
      await stream('/api/chat/continuation/stream', { body: { session: own.session, message: 'Go on' } }),
      /"type":"done"/,
    );
    const { chatId } = await chats.question('Hi', { token });
    assert.match(await stream(`/conversations/inference/${chatId}`), /event: done/);
    const again = await app.call(`/api/generations/${own.generation}/regenerate`, { method: 'POST', token });
    assert.equal(again.status, 201);
    await stream(`/api/generations/${again.body.id}/stream`);
    assert.equal(app.harness.upstream.requests.at(-1)?.body?.messages?.[0]?.content, 'Be a test.');
    const bare = await app.call(conversing(org, 'create_session'), {
      key: app.prodKey,
      body: { conversation_id: own.id, model_id: app.harness.modelId },
    });
    const onModel = { chat_session_id: bare.body.id, message: 'Hi' };
    assert.match(await stream(conversing(org, 'stream_chat'), { body: onModel }), /event: end/);
  });

  test('reads all that its user said, whatever persona it was said to', async () => {
    const { app, token, other } = world;
    const path = `/api/generations/${other.generation}/stream`;
    for (const method of ['GET', 'HEAD']) assert.equal((await app.call(path, { method, token })).status, 200);
    const existing = await app.call(`/conversations/${other.question}`, { token });
    assert.equal(existing.body.message, 'Unanswered');
  });

  test('an answer that is sent back is the one that is there; another one is refused', async () => {
    const { app, chats, token } = world;
    const { chatId, messageId } = await chats.question('Tell me', { token });
    app.harness.upstream.enqueue({
      steps: [{ do: 'headers' }, { do: 'tokens', tokens: [' Two\n', 'lines '] }, { do: 'finish' }],
    });
    await (await app.stream(`/conversations/inference/${messageId}`, { token })).ended;
    const before = (await app.call(`/conversations?chat_id=${chatId}`, { token })).body;
    const post = (message: string, credential: Call) =>
      app.call('/conversations/create', {
        ...credential,
        body: { chat_id: chatId, role: 'Assistant', message },
      });
    for (const credential of [{ token }, { key: app.prodKey }]) {
      const same = await post(' Two\r\nlines ', credential);
      assert.equal(same.status, 201, JSON.stringify(same.body));
      assert.deepEqual(same.body, before.at(-1));
      assert.equal(same.headers.get('location'), `/conversations/${before.at(-1).id}`);
    }
    assert.deepEqual((await app.call(`/conversations?chat_id=${chatId}`, { token })).body, before);
    assert.equal((await post(' Two\nlines', { token })).status, 403);
    assert.equal((await post(' Two\nlines', { key: app.prodKey })).status, 201);
    // What a key has put in the assistant's mouth since then is no answer of a model.
    assert.equal((await post(' Two\nlines', { token })).status, 403);
    assert.equal((await post(' Two\nlines ', { token })).body.id, before.at(-1).id);
  });

  test('the web is for its persona to allow, in another attempt too', async () => {
    const { app, chats, org, token } = world;
    const { reads } = app.harness.place.store;
    const usesInternet = async (id: string) => (await readGeneration(reads, id))?.parameters.internet;
    const persona = `/organizations/${org}/personas/${await app.persona('surfer')}`;
    const draft = { system_prompt: 'Surf.', model_id: app.harness.modelId, internet: true };
    assert.equal((await app.admin('PUT', `${persona}/next`, draft)).status, 200);
    assert.equal((await app.admin('POST', `${persona}/submit`)).status, 200);
    const surfing = await chats.user('ada', { persona: { alias: 'surfer' } });
    const asked = await chats.question('News?', { token: surfing });
    const path = `/conversations/inference_internet/${asked.messageId}`;
    assert.equal((await app.call(path, { method: 'HEAD', token: surfing })).status, 200);
    const searched = await app.stream(path, { token: surfing });
    await searched.ended;
    assert.equal(await usesInternet(generationOf(searched)), true);

    const { messageId } = await chats.question('News?', { token });
    const byKey = await app.stream(`/conversations/inference_internet/${messageId}`, { key: app.prodKey });
    await byKey.ended;
    const regenerated = async (credential: Call): Promise<boolean | undefined> => {
      const path = `/api/generations/${generationOf(byKey)}/regenerate`;
      const again = await app.call(path, { ...credential, method: 'POST' });
      await (await app.stream(`/api/generations/${again.body.id}/stream`, credential)).ended;
      return usesInternet(again.body.id);
    };
    assert.equal(await regenerated({ key: app.prodKey }), true);
    assert.equal(await regenerated({ token }), undefined);
  });

  test('lists its persona’s model alone', async () => {
    const { app, org, token } = world;
    const model = await app.admin('POST', `/organizations/${org}/models`, {
      name: 'Second',
      provider: 'openai-compatible',
      model: 'second',
      base_url: app.harness.upstream.openAiUrl,
    });
    assert.equal(model.status, 201);
    const names = async (credential: Call) =>
      (await app.call(`/api/llm/list?org_id=${org}`, credential)).body.map(
        ({ name }: { name: string }) => name,
      );
    assert.deepEqual([await names({ token }), (await names({ key: app.prodKey })).length], [['scripted'], 2]);
    const own = `/organizations/${org}/models/${app.harness.modelId}`;
    assert.equal((await app.admin('PATCH', own, { is_active: false })).status, 200);
    assert.deepEqual(await names({ token }), []);
    assert.deepEqual(await names({ key: app.prodKey }), ['Second']);
  });
});
