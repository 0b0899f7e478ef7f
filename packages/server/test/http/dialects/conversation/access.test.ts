/** Access to the conversation dialect for each kind of caller, and its refusals. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { newId } from '../../../../src/domain/ids.ts';
import { type Call, startTestApp } from '../../http-app.ts';
import { chatsOf } from '../chats/chats-app.ts';

const roles = ['owner', 'admin', 'member', 'guest'] as const;

onBothStores('conversation access', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { scope, modelId } = app.harness;
  const org = scope.organizationId;
  const tokens = chatsOf(app);
  const call = (path: string, credential: Call, query: Record<string, string> = {}) =>
    app.call(`/api/conversation/${path}?${new URLSearchParams({ org_id: org, ...query })}`, credential);
  const create = async (credential: Call, title = 'A conversation') => {
    const { status, body } = await call('create', { ...credential, body: { title } });
    assert.equal(status, 200, JSON.stringify(body));
    return body.id as string;
  };
  const session = async (credential: Call, conversation_id: string) => {
    const body = { conversation_id, model_id: modelId };
    const made = await call('create_session', { ...credential, body });
    assert.equal(made.status, 200, JSON.stringify(made.body));
    return made.body.id as string;
  };

  /** Every route, as one calls it for a conversation and a session. */
  const routes = (conversation_id: string, session_id: string) =>
    [
      ['create', { body: { title: 'New' } }, {}],
      ['create_session', { body: { conversation_id, model_id: modelId } }, {}],
      ['stream_chat', { body: { chat_session_id: session_id, message: 'Hello' } }, {}],
      ['update', { method: 'PUT', body: { is_archived: true } }, { conversation_id }],
      ['complete_session', { method: 'POST' }, { session_id }],
      ['delete', { method: 'DELETE' }, { conversation_id }],
      ['list', {}, {}],
      ['get_with_sessions', {}, { conversation_id }],
      ['messages', {}, { conversation_id }],
    ] as const satisfies (readonly [string, Call, Record<string, string>])[];
  const reads: readonly string[] = ['list', 'get_with_sessions', 'messages'];

  for (const role of roles) {
    test(`${role}: ${role === 'guest' ? 'reads, and writes nothing' : 'reads and writes'}`, async () => {
      const key = { key: app.prodKey };
      const conversation = await create(key);
      const token = await tokens.member(role);
      const inOrder = routes(conversation, await session(key, conversation));
      const last = inOrder.filter(([path]) => path === 'delete');
      for (const [path, options, query] of [...inOrder.filter(([path]) => path !== 'delete'), ...last]) {
        const { status, body } = await call(path, { ...options, token }, query);
        const allowed = role !== 'guest' || reads.includes(path);
        assert.equal(status, allowed ? 200 : 403, `${path}: ${JSON.stringify(body)}`);
        if (!allowed)
          assert.deepEqual(body, {
            ...{ detail: 'guests may only read', message: 'guests may only read' },
            code: 'forbidden',
          });
      }
    });
  }

  test('a guest learns of the refusal, not of what is wrong with the body', async () => {
    const token = await tokens.member('guest');
    assert.equal((await call('create', { token, body: { titel: 5 } })).status, 403);
  });

  test('org_id: missing and malformed 400, unknown and another 403, in every route', async () => {
    const key = app.prodKey;
    const other = await app.admin('POST', '/organizations', { name: 'other' });
    for (const [path, options] of routes(newId(), newId())) {
      const at = `/api/conversation/${path}`;
      const missing = await app.call(at, { ...options, key });
      assert.deepEqual([missing.status, missing.body.detail], [400, 'org_id is required'], path);
      const malformed = await app.call(`${at}?org_id=acme`, { ...options, key });
      assert.deepEqual([malformed.status, malformed.body.detail], [400, 'org_id must be a UUID'], path);
      for (const id of [newId(), other.body.id]) {
        const foreign = await app.call(`${at}?org_id=${id}`, { ...options, key });
        assert.deepEqual([foreign.status, foreign.body.code], [403, 'forbidden'], path);
      }
    }
    assert.equal((await app.call(`/api/conversation/list?org_id=${org.toUpperCase()}`, { key })).status, 200);
  });

  test('no credential, a bad one, and the operator’s are refused in the envelope of the dialect', async () => {
    for (const [path, options, query] of routes(newId(), newId())) {
      for (const [credential, status, code] of [
        [{}, 401, 'unauthenticated'],
        [{ token: 'nonsense' }, 401, 'unauthenticated'],
        [{ key: 'sk_prod_nonsense' }, 401, 'unauthenticated'],
        [{ token: 'sk_admin_operator-of-the-tests-0123456789' }, 403, 'forbidden'],
      ] as const) {
        const refused = await call(path, { ...options, ...credential }, query);
        assert.deepEqual([refused.status, refused.body.code], [status, code], path);
        assert.deepEqual(Object.keys(refused.body), ['detail', 'message', 'code'], path);
      }
    }
  });

  test('what there is not, malformed JSON and unknown fields have the envelope too', async () => {
    const key = app.prodKey;
    const cases = [
      [await app.call('/api/conversation/nothing', { key }), 404, 'not_found', /no GET/],
      [await app.call('/api/conversation/nothing', { key, body: '{' }), 404, 'not_found', /no POST/],
      [await call('create', { key, body: '{"title": }' }), 400, 'invalid_json', /line 1, column 11/],
      [await call('create', { key, body: { titel: 'x' } }), 400, 'invalid_request', /title/],
      [await call('create', { key, body: { title: '' } }), 400, 'invalid_request', /1 to 255/],
      [await call('create', { key, body: { title: '𝒳'.repeat(256) } }), 400, 'invalid_request', /1 to 255/],
      [
        await call('update', { key, method: 'PUT', body: {} }, { conversation_id: newId() }),
        400,
        'invalid_request',
        /at least 1 field/,
      ],
      [await call('messages', { key }), 400, 'invalid_request', /conversation_id is required/],
      [
        await call('messages', { key }, { conversation_id: newId(), limit: '1001' }),
        400,
        'invalid_request',
        /from 1 to 1000/,
      ],
      [await call('messages', { key }, { conversation_id: newId() }), 404, 'not_found', /conversation/],
      [await call('list', { key }, { limit: '0' }), 400, 'invalid_request', /from 1 to 1000/],
      [await call('list', { key }, { is_archived: 'maybe' }), 400, 'invalid_request', /true or false/],
      [
        await call('complete_session', { key, method: 'POST' }, { session_id: newId() }),
        404,
        'not_found',
        /session/,
      ],
    ] as const;
    for (const [{ status, body }, expected, code, detail] of cases) {
      assert.deepEqual([status, body.code], [expected, code], JSON.stringify(body));
      assert.match(body.detail, detail);
    }
    assert.equal((await call('create', { key, body: { title: '𝒳'.repeat(255) } })).status, 200);
  });

  test('an end user sees and changes what is theirs; others’ is not there', async () => {
    const [ada, ben] = [{ token: await tokens.user('ada') }, { token: await tokens.user('ben') }];
    const own = await create(ada, 'of Ada');
    const ownSession = await session({ key: app.prodKey }, own);
    for (const [path, options, query] of routes(own, ownSession)) {
      if (path === 'create' || path === 'list') continue;
      const { status, body } = await call(path, { ...options, ...ben }, query);
      // What a token may choose is looked at before what there is.
      const expected = path === 'create_session' ? [403, 'forbidden'] : [404, 'not_found'];
      assert.deepEqual([status, body.code], expected, path);
    }
    assert.deepEqual((await call('list', ben)).body, []);
    assert.deepEqual(
      (await call('list', ada)).body.map((one: { id: string }) => one.id),
      [own],
    );
    const seen = await call('get_with_sessions', { key: app.prodKey }, { conversation_id: own });
    assert.equal(seen.status, 200, 'the organization sees its users’ conversations');
  });

  test('what somebody else says in an end user’s conversation is that user’s too', async () => {
    const ada = { token: await tokens.user('ada') };
    const conversation = await create(ada);
    const chat_session_id = await session({ key: app.prodKey }, conversation);
    const member = { token: await tokens.member('admin') };
    const said = await app.stream(`/api/conversation/stream_chat?org_id=${org}`, {
      ...member,
      body: { chat_session_id, message: 'From the team' },
    });
    await said.ended;
    const { body } = await call('messages', ada, { conversation_id: conversation });
    assert.equal(body.total, 2);
    const generation = said.response.headers.get('content-location')?.replace(/\/stream$/, '') ?? '';
    assert.equal((await app.call(generation, ada)).status, 200);
  });

  test('test keys see their own kind; members choose by environment', async () => {
    const prod = await create({ key: app.prodKey }, 'prod');
    const testing = await create({ key: app.testKey }, 'testing');
    const token = await tokens.member('member');
    const ids = async (credential: Call, query: Record<string, string> = {}) =>
      (await call('list', credential, query)).body.map((one: { id: string }) => one.id);
    assert.ok((await ids({ token })).includes(prod));
    assert.ok(!(await ids({ token })).includes(testing));
    assert.deepEqual(await ids({ token }, { environment: 'test' }), [testing]);
    assert.deepEqual(await ids({ key: app.testKey }), [testing]);
    assert.deepEqual(await ids({ key: app.testKey }, { environment: 'prod' }), [testing]);
    const wrong = await call('list', { token }, { environment: 'staging' });
    assert.deepEqual([wrong.status, wrong.body.code], [400, 'invalid_request']);
    for (const query of [{}, { environment: 'test' }]) {
      const status = (await call('messages', { token }, { ...query, conversation_id: testing })).status;
      assert.equal(status, 'environment' in query ? 200 : 404);
    }
  });

  test('/api/llm/list and /api/org/list', async () => {
    const models = await app.call(`/api/llm/list?org_id=${org}`, { token: await tokens.member('guest') });
    assert.equal(models.status, 200);
    assert.deepEqual(models.body, [
      {
        id: modelId,
        name: 'scripted',
        provider: 'openai-compatible',
        model: 'scripted',
        context_window: 4000,
        is_default: false,
        internet: true,
        version: 'scripted',
        is_active: true,
        config: {},
      },
    ]);
    const own = async (credential: Call) => (await app.call('/api/org/list', credential)).body;
    const [guest] = await own({ token: await tokens.member('guest') });
    assert.deepEqual(guest, { id: org, name: 'test', role: 'guest' });
    assert.equal((await own({ key: app.prodKey }))[0].role, null);
    const missing = await app.call('/api/llm/list', { key: app.prodKey });
    assert.deepEqual([missing.status, missing.body.detail], [400, 'org_id is required']);
    assert.deepEqual(Object.keys((await app.call('/api/org/list')).body), ['detail', 'message', 'code']);
  });
});
