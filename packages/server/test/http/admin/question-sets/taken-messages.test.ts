/** Messages of real conversations in sets of questions: chosen one by one, and gone with the person who wrote them. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { newId } from '../../../../src/domain/ids.ts';
import { chatsOf } from '../../dialects/chats/chats-app.ts';
import { startTestApp } from '../../http-app.ts';

onBothStores('taken messages', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { organizationId } = app.harness.scope;
  const base = `/organizations/${organizationId}`;
  const { reads } = app.harness.place.store;

  /** A conversation of an end user; gives its id and those of the user's messages and of the answers. */
  async function talk(user: string, ...texts: readonly string[]) {
    const body = { user_id: user, persona: { alias: 'test' } };
    const { token } = (await app.call('/api/chat/get_token', { key: app.prodKey, body })).body;
    let session = '';
    for (const message of texts) {
      const path = session === '' ? 'completion' : 'continuation';
      const said = { message, ...(session !== '' && { session }) };
      const { status, body: answered } = await app.call(`/api/chat/${path}`, { token, body: said });
      assert.equal(status, 200, JSON.stringify(answered));
      session = answered.session_id;
    }
    const { body: listed } = await app.call('/api/chat/sessions', { token });
    const { body: thread } = await app.call(`/api/chat/sessions/${session}/messages`, { token });
    const of = (role: string): string[] =>
      thread.messages
        .filter((one: { role: string }) => one.role === role)
        .map(({ id }: { id: string }) => id);
    return {
      conversation: listed.data[0].conversation_id as string,
      questions: of('user'),
      answers: of('assistant'),
    };
  }
  const makeSet = async (questions: readonly object[] = []): Promise<string> => {
    const { status, body } = await app.admin('POST', `${base}/question-sets`, { name: 'Real', questions });
    assert.equal(status, 201, JSON.stringify(body));
    return body.id;
  };
  const take = (set: string, body: object) =>
    app.admin('POST', `${base}/question-sets/${set}/questions`, body);
  const turnsOf = async (set: string): Promise<string[][]> =>
    (await app.admin('GET', `${base}/question-sets/${set}`)).body.questions.map(
      ({ turns }: { turns: string[] }) => turns,
    );

  test('one or several messages are taken, in the order in which they are named', async () => {
    const { conversation, questions } = await talk('ada', 'first', 'second', 'third');
    const [one = '', two = '', three = ''] = questions;
    const set = await makeSet();
    const single = await take(set, { conversation_id: conversation, message_ids: [two.toUpperCase()] });
    assert.equal(single.status, 201, JSON.stringify(single.body));
    assert.equal(single.body.conversation_id, conversation);
    assert.equal((await take(set, { conversation_id: conversation, message_ids: [three, one] })).status, 201);
    assert.deepEqual(await turnsOf(set), [['second'], ['third', 'first']]);
  });

  test('what is no message of the user there is refused by its place', async () => {
    const { conversation, questions, answers } = await talk('bo', 'mine', 'also mine');
    const other = await talk('bo', 'elsewhere');
    const [one = '', two = ''] = questions;
    const set = await makeSet();
    const cases: [object, number, string | undefined][] = [
      [{ conversation_id: conversation, message_ids: [one, answers[0]] }, 400, 'message_ids.1'],
      [{ conversation_id: conversation, message_ids: [other.questions[0]] }, 400, 'message_ids.0'],
      [{ conversation_id: conversation, message_ids: [one, two, one] }, 400, 'message_ids.2'],
      [{ conversation_id: conversation, message_ids: [newId()] }, 400, 'message_ids.0'],
      [{ conversation_id: conversation, message_ids: [] }, 400, 'message_ids'],
      [{ conversation_id: conversation, message_ids: Array(6).fill(one) }, 400, 'message_ids'],
      [{ conversation_id: conversation, message_ids: [one], session_id: newId() }, 400, 'message_ids'],
      [{ turns: ['x'], message_ids: [one] }, 400, 'message_ids'],
      [{ conversation_id: newId(), message_ids: [one] }, 404, undefined],
    ];
    for (const [body, status, field] of cases) {
      const refused = await take(set, body);
      assert.deepEqual(
        [refused.status, refused.body.field],
        [status, field],
        JSON.stringify([body, refused.body]),
      );
    }
    assert.deepEqual(await turnsOf(set), []);
  });

  test('who does not administer the organization takes nothing, whatever they may read', async () => {
    const { conversation, questions } = await talk('cleo', 'private');
    const set = await makeSet();
    const settings = { end_user_conversations: 'members' };
    assert.equal((await app.admin('PATCH', `${base}/settings`, settings)).status, 200);
    for (const role of ['member', 'guest'] as const) {
      const token = await chatsOf(app).member(role);
      const path = `/api/admin${base}/question-sets/${set}`;
      const body = { conversation_id: conversation, message_ids: questions };
      assert.equal((await app.call(`${path}/questions`, { token, body })).status, 403, role);
      assert.equal((await app.call(path, { token })).status, 403, role);
    }
  });

  test('an end user who is erased takes their words along; those of others and what was written stay', async () => {
    const gone = await talk('dora', 'zebra one', 'zebra two');
    const stays = await talk('emil', 'giraffe');
    const set = await makeSet([{ turns: ['Written by hand'] }]);
    for (const { conversation, questions } of [gone, stays])
      assert.equal((await take(set, { conversation_id: conversation, message_ids: questions })).status, 201);
    assert.deepEqual(await turnsOf(set), [['Written by hand'], ['zebra one', 'zebra two'], ['giraffe']]);
    const { status, body } = await app.admin('DELETE', `${base}/users/dora?environment=prod`);
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(await turnsOf(set), [['Written by hand'], ['giraffe']]);
    const left = await reads
      .selectFrom('question_turn')
      .select('text')
      .where('text', 'like', 'zebra%')
      .execute();
    assert.deepEqual(left, []);
    const { body: whole } = await app.admin('GET', `${base}/question-sets/${set}`);
    assert.equal(whole.question_count, 2);
  });
});
