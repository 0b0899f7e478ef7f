/** Who made conversations and generations: shown wherever they are, and what `?mine=true` finds. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { conversationScope } from '../../../src/auth/scopes.ts';
import { newId } from '../../../src/domain/ids.ts';
import { type Chats, chatsOf } from '../dialects/chats/chats-app.ts';
import { type Call, generationOf, startTestApp, type TestApp } from '../http-app.ts';

interface NamedCreator {
  readonly kind: string;
  readonly id: string | null;
  readonly name: string | null;
}

onBothStores('created_by', (engine) => {
  let app: TestApp;
  let chats: Chats;
  let org: string;
  let key: { id: string; key: string };
  /** Each caller, as it is shown to keys and members. */
  let callers: readonly (readonly [call: Call, creator: NamedCreator])[];
  before(async () => {
    app = await startTestApp(engine);
    chats = chatsOf(app);
    org = app.harness.scope.organizationId;
    key = await app.key('prod', { name: 'Shop', default_persona_id: app.harness.persona.personaId });
    const member = await app.admin('POST', `/organizations/${org}/members`, {
      name: 'Mia',
      email: 'mia@a.example',
      role: 'owner',
    });
    const issued = await app.admin('POST', `/organizations/${org}/members/${member.body.id}/token`, {});
    const ada = await chats.user('ada', {});
    const { reads } = app.harness.place.store;
    const user = await reads.selectFrom('end_user').select('id').executeTakeFirstOrThrow();
    callers = [
      [{ key: key.key }, { kind: 'key', id: key.id, name: 'Shop' }],
      [{ token: issued.body.token }, { kind: 'member', id: member.body.id, name: 'Mia' }],
      [{ token: ada }, { kind: 'end-user', id: user.id, name: 'ada' }],
    ];
  });
  after(() => app[Symbol.asyncDispose]());

  const shownTo = ([, caller]: (typeof callers)[number], creator: NamedCreator): NamedCreator =>
    caller.kind === 'end-user' && creator.kind !== 'end-user' ? { ...creator, name: null } : creator;
  const path = (name: string, more = '') => `/api/conversation/${name}?org_id=${org}${more}`;
  const idsIn = (body: unknown): string[] => (body as { id: string }[]).map(({ id }) => id);

  test('a conversation is made by who asked for it, in each dialect, and the lists find one’s own', async () => {
    const made: { readonly id: string; readonly creator: NamedCreator }[] = [];
    for (const [call, creator] of callers) {
      const direct = await app.call(path('create'), { ...call, body: { title: 'Zebra' } });
      assert.deepEqual(direct.body.created_by, creator, JSON.stringify(direct.body));
      made.push({ id: direct.body.id, creator });
      made.push({
        id: (await app.call('/chats/create', { ...call, body: { name: 'Zebra' } })).body.id,
        creator,
      });
      if (creator.kind === 'member') continue;
      // Together, as they come in a busy moment: on PostgreSQL one statement stores them.
      const turns = await Promise.all(
        [1, 2, 3].map(() =>
          app.stream('/api/chat/completion/stream', { ...call, body: { message: 'Zebra' } }),
        ),
      );
      for (const turn of turns) {
        await turn.ended;
        const { body } = await app.call(`/api/generations/${generationOf(turn)}`, call);
        assert.deepEqual(body.created_by, creator);
        made.push({ id: body.conversation_id, creator });
      }
    }
    for (const caller of callers) {
      const [call, creator] = caller;
      const own = made.filter((one) => one.creator === creator).map(({ id }) => id);
      for (const at of [
        path('list', '&mine=true'),
        path('list', '&mine=true&limit=100'),
        path('list', '&mine=true&q=zebra'),
        '/chats?mine=true',
        '/chats/?mine=true',
      ]) {
        const { body } = await app.call(at, call);
        assert.deepEqual(idsIn(body).sort(), [...own].sort(), at);
      }
      const all = (await app.call(path('list', '&mine=false'), call)).body as {
        id: string;
        created_by: NamedCreator;
      }[];
      assert.equal(all.length, creator.kind === 'end-user' ? own.length : made.length);
      for (const { id, created_by } of all) {
        const maker = made.find((one) => one.id === id)?.creator;
        assert.deepEqual(created_by, maker && shownTo(caller, maker));
      }
    }
    const wrong = await app.call(path('list', '&mine=maybe'), { key: key.key });
    assert.deepEqual([wrong.status, wrong.body.field], [400, 'mine']);
  });

  test('an answer is made by who asked for it, whoever made the conversation', async () => {
    const begun = await app.stream('/api/chat/completion/stream', {
      ...(callers[2]?.[0] as Call),
      body: { message: 'Hello' },
    });
    await begun.ended;
    const first = await app.call(`/api/generations/${generationOf(begun)}`, { key: key.key });
    const asked: [id: string, creator: NamedCreator][] = [];
    for (const [call, creator] of callers) {
      const { status, body } = await app.call(`/api/generations/${first.body.id}/regenerate`, {
        ...call,
        method: 'POST',
      });
      assert.equal(status, 201, JSON.stringify(body));
      assert.deepEqual(body.created_by, creator);
      await (await app.stream(`/api/generations/${body.id}/stream`, call)).ended;
      asked.push([body.id, creator]);
      const cancelled = await app.call(`/api/generations/${body.id}/cancel`, { ...call, method: 'POST' });
      assert.deepEqual(cancelled.body.created_by, creator);
    }
    for (const caller of callers) {
      for (const [id, creator] of asked) {
        const { body } = await app.call(`/api/generations/${id}`, caller[0]);
        assert.deepEqual(body.created_by, shownTo(caller, creator));
      }
    }
    const listed = await app.admin('GET', `/organizations/${org}/generations?user_id=ada&limit=100`);
    for (const [id, creator] of asked) {
      const one = listed.body.data.find((generation: { id: string }) => generation.id === id);
      assert.deepEqual(one.created_by, creator);
    }
    const conversation = `&conversation_id=${first.body.conversation_id}`;
    const whole = await app.call(path('get_with_sessions', conversation), { key: key.key });
    assert.equal(whole.body.conversation.created_by.kind, 'end-user');
    const call = { method: 'PUT', key: key.key, body: { is_archived: true } };
    assert.equal((await app.call(path('update', conversation), call)).body.created_by.name, 'ada');
    const removed = await app.call(path('delete', conversation), { key: key.key, method: 'DELETE' });
    assert.equal(removed.body.created_by.name, 'ada');
  });

  test('what was made before this was kept has nobody, and who is gone has no name', async () => {
    const scope = conversationScope(org, 'prod');
    const id = newId();
    const old = { scope, id, title: 'Old', isArchived: false, now: Date.now() };
    await app.harness.place.store.execute('createConversation', old);
    const shown = async (conversation: string) =>
      (await app.call(path('get_with_sessions', `&conversation_id=${conversation}`), { key: app.prodKey }))
        .body.conversation.created_by;
    assert.equal(await shown(id), null);
    const members = `/organizations/${org}/members`;
    const guest = { name: 'Gone', email: 'gone@a.example', role: 'member' };
    const { id: memberId } = (await app.admin('POST', members, guest)).body;
    const { token } = (await app.admin('POST', `${members}/${memberId}/token`, {})).body;
    const made = (await app.call(path('create'), { token, body: { title: 'Theirs' } })).body;
    assert.deepEqual(await shown(made.id), { kind: 'member', id: memberId, name: 'Gone' });
    assert.equal((await app.admin('DELETE', `${members}/${memberId}`)).status, 204);
    assert.deepEqual(await shown(made.id), { kind: 'member', id: memberId, name: null });
  });

  test('one’s own are found behind thousands of another key’s, page by page', async () => {
    const mine = await app.key('test', { name: 'Mine' });
    const own: string[] = [];
    const make = async (): Promise<void> => {
      own.unshift((await app.call('/chats/create', { key: mine.key, body: { name: 'Mine' } })).body.id);
    };
    const scope = conversationScope(org, 'test');
    const createdBy = { kind: 'key', id: newId() } as const;
    await make();
    // More than one statement passes over.
    for (let n = 0; n < 21; n += 1) {
      const others = Array.from({ length: 100 }, () => ({
        scope,
        id: newId(),
        title: 'x',
        isArchived: false,
      }));
      await Promise.all(
        others.map((other) =>
          app.harness.place.store.execute('createConversation', { ...other, createdBy, now: Date.now() }),
        ),
      );
      if (n === 10) await make();
    }
    await make();
    const found = async (more = '') =>
      idsIn((await app.call(path('list', `&mine=true${more}`), { key: mine.key })).body);
    assert.deepEqual(await found(), own);
    assert.deepEqual(await found('&limit=2&offset=1'), own.slice(1));
    assert.deepEqual(await found('&is_archived=false'), own);
    assert.deepEqual(await found('&is_archived=true'), []);
  });

  test('no row names an end user who was erased', async () => {
    const token = await chats.user('erased');
    const turn = await app.stream('/api/chat/completion/stream', { token, body: { message: 'Hi' } });
    await turn.ended;
    const { reads } = app.harness.place.store;
    const { id } = await reads
      .selectFrom('end_user')
      .select('id')
      .where('external_id', '=', 'erased')
      .executeTakeFirstOrThrow();
    const count = async (): Promise<number> => {
      let rows = 0;
      for (const table of ['conversation', 'generation'] as const) {
        rows += (await reads.selectFrom(table).select('id').where('created_by_id', '=', id).execute()).length;
      }
      return rows;
    };
    assert.equal(await count(), 2);
    assert.equal((await app.call('/api/chat/me', { token, method: 'DELETE' })).status, 200);
    assert.equal(await count(), 0);
  });
});
