/** What clients keep beside conversations, sessions and messages, found again by lists; and what readers think of answers. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { newId } from '../../../src/domain/ids.ts';
import { chatsOf } from '../dialects/chats/chats-app.ts';
import { startTestApp } from '../http-app.ts';

onBothStores('what is kept', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { upstream, scope, modelId } = app.harness;
  const { store } = app.harness.place;
  const chats = chatsOf(app);
  const own = { key: app.prodKey };
  const org = `org_id=${scope.organizationId}`;
  const at = (path: string, query = '') => `/api/conversation/${path}?${org}${query}`;
  const create = (body: object) => app.call(at('create'), { ...own, body });
  const titles = async (query: string) => {
    const { status, body } = await app.call(at('list', query), own);
    assert.equal(status, 200, JSON.stringify(body));
    return body.map(({ title }: { title: string }) => title);
  };

  test('lists find conversations by all pairs, whole and by words', async () => {
    const odd = `it's "odd".$[0] ünd`;
    for (const [title, metadata] of [
      ['walrus one', { project: 'a', [odd]: `x'"%` }],
      ['walrus two', { project: 'a' }],
      ['walrus three', { project: 'b' }],
      ['walrus four', null],
    ] as const) {
      const { status, body } = await create({ title, metadata, description: 'Of\r\nwalruses' });
      assert.equal(status, 200, JSON.stringify(body));
      assert.deepEqual([body.metadata, body.description], [metadata ?? {}, 'Of\nwalruses']);
    }
    assert.deepEqual(await titles('&metadata[project]=a'), ['walrus two', 'walrus one']);
    assert.deepEqual(await titles('&metadata[project]=a&limit=1&offset=1'), ['walrus one']);
    const escaped = `${encodeURIComponent(`metadata[${odd}]`)}=${encodeURIComponent(`x'"%`)}`;
    assert.deepEqual(await titles(`&metadata[project]=a&${escaped}`), ['walrus one']);
    assert.deepEqual(await titles('&metadata[project]=c'), []);
    assert.deepEqual(await titles('&metadata[none]='), []);
    assert.deepEqual(await titles('&q=walrus&metadata[project]=b'), ['walrus three']);
    const twice = await app.call(at('list', '&metadata[a]=1&metadata[a]=2'), own);
    assert.deepEqual([twice.status, twice.body.field], [400, 'metadata[a]']);
  });

  test('pairs are replaced, and bounded by their field', async () => {
    const { body } = await create({ title: 'pairs', metadata: { a: '1', b: '2' } });
    const update = (metadata: unknown) =>
      app.call(at('update', `&conversation_id=${body.id}`), { ...own, method: 'PUT', body: { metadata } });
    assert.deepEqual((await update({ c: '3' })).body.metadata, { c: '3' });
    const most = Object.fromEntries(
      Array.from({ length: 16 }, (_, index) => [`${index}`.padEnd(64, 'ü'), 'ü'.repeat(512)]),
    );
    assert.deepEqual((await update(most)).body.metadata, most);
    assert.deepEqual((await update(null)).body.metadata, {});
    const wrong: unknown[] = [
      { ...most, more: 'x' },
      { ['x'.repeat(65)]: 'x' },
      { '': 'x' },
      { x: 'x'.repeat(513) },
      { x: 5 },
      { x: null },
      { x: { y: 'z' } },
      ['x'],
      'x',
    ];
    for (const metadata of wrong) {
      const refused = await update(metadata);
      assert.equal(refused.status, 400, JSON.stringify(metadata).slice(0, 80));
      assert.match(refused.body.field, /^metadata/);
    }
  });

  test('sessions and messages keep pairs; a continuation replaces those of its session', async () => {
    upstream.enqueue(answer('a'), answer('b'), answer('c'));
    const begun = await app.call('/api/chat/completion', {
      ...own,
      body: { message: 'Hi', metadata: { page: '/a' } },
    });
    const session = begun.body.session_id;
    const sessionOf = async () =>
      (
        await store.reads
          .selectFrom('session')
          .select('metadata')
          .where('id', '=', session)
          .executeTakeFirst()
      )?.metadata;
    assert.equal(await sessionOf(), '{"page":"/a"}');
    const go = (more: object) =>
      app.call('/api/chat/continuation', { ...own, body: { session, message: 'And?', ...more } });
    assert.equal((await go({ metadata: null })).status, 200);
    assert.equal(await sessionOf(), '{"page":"/a"}');
    assert.equal((await go({ metadata: { page: '/b' } })).status, 200);
    assert.equal(await sessionOf(), '{"page":"/b"}');

    const { body: conversation } = await create({ title: 'T' });
    const made = await app.call(at('create_session'), {
      ...own,
      body: {
        conversation_id: conversation.id,
        model_id: modelId,
        metadata: { a: 'b' },
        agent_id: null,
        settings: {},
      },
    });
    assert.deepEqual(made.body.metadata, { a: 'b' });
    upstream.enqueue(answer('d'));
    const body = { chat_session_id: made.body.id, message: 'Hi', metadata: { draft: '2' } };
    await (await app.stream(at('stream_chat'), { ...own, body })).ended;
    const { body: page } = await app.call(at('messages', `&conversation_id=${conversation.id}`), own);
    assert.deepEqual(
      page.messages.map(({ metadata }: { metadata: object }) => metadata),
      [{ draft: '2' }, {}],
    );
    for (const [field, value] of [
      ['agent_id', 'x'],
      ['settings', { x: 1 }],
    ] as const) {
      const refused = await app.call(at('create_session'), {
        ...own,
        body: { conversation_id: conversation.id, model_id: modelId, [field]: value },
      });
      assert.equal(refused.status, 400);
      assert.match(refused.body.field, new RegExp(`^${field}`));
    }
  });

  test('one opinion for each message and author; the last counts, and 0 takes it back', async () => {
    const ada = await chats.user('ada');
    const bob = await chats.user('bob');
    upstream.enqueue(answer('Yes'));
    const { body: said } = await app.call('/api/chat/completion', { token: ada, body: { message: 'Hi' } });
    const id = said.message_id;
    const rate = (credential: object, body: object, path = '/api/chat/feedback') =>
      app.call(path, { ...credential, body: { message_id: id, ...body } });
    const opinions = async () =>
      (
        await store.reads
          .selectFrom('feedback')
          .select(['author_kind', 'rating', 'reason', 'comment'])
          .where('message_id', '=', id)
          .orderBy('author_kind')
          .execute()
      ).map((row) => Object.values(row));
    const first = await rate({ token: ada }, { rating: 1, comment: 'Good\r\none' });
    assert.deepEqual(first.body, { message_id: id, rating: 1, reason: null, comment: 'Good\none' });
    assert.equal((await rate(own, { rating: -1, reason: 'wrong' }, at('feedback'))).status, 200);
    assert.deepEqual(await opinions(), [
      ['end-user', 1, null, 'Good\none'],
      ['key', -1, 'wrong', null],
    ]);
    assert.equal((await rate({ token: ada }, { rating: -1 })).status, 200);
    assert.deepEqual(await opinions(), [
      ['end-user', -1, null, null],
      ['key', -1, 'wrong', null],
    ]);
    assert.deepEqual((await rate(own, { rating: 0, comment: 'x' })).body, {
      message_id: id,
      rating: 0,
      reason: null,
      comment: null,
    });
    assert.deepEqual(await opinions(), [['end-user', -1, null, null]]);
    const exported = await app.call('/api/chat/me', { token: ada });
    const lines = String(exported.body)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const [feedback] = lines.filter(({ type }) => type === 'feedback');
    assert.deepEqual([feedback.message_id, feedback.rating], [id, -1]);

    assert.equal((await rate({ token: bob }, { rating: 1 })).status, 404);
    assert.equal((await rate({ token: ada }, { message_id: newId(), rating: 1 })).status, 404);
    const question = (await app.call(at(`messages/${id}`), own)).body.reply_to;
    const wrong: [object, string][] = [
      [{ message_id: question, rating: 1 }, 'message_id'],
      [{ rating: 2 }, 'rating'],
      [{ rating: '1' }, 'rating'],
      [{}, 'rating'],
      [{ rating: 1, comment: 'x'.repeat(2001) }, 'comment'],
      [{ rating: 1, reason: 5 }, 'reason'],
    ];
    for (const [body, field] of wrong) {
      const refused = await rate({ token: ada }, body);
      assert.deepEqual([refused.status, refused.body.field], [400, field], JSON.stringify(body));
    }
    assert.equal((await app.call(`/conversations/delete/${id}`, { ...own, method: 'DELETE' })).status, 200);
    assert.deepEqual(await opinions(), []);
  });
});
