/** Sets of questions: made, changed, filled from conversations, and emptied with what they were taken from. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import {
  maxQuestionSetCharacters,
  maxQuestionSets,
  maxQuestions,
} from '../../../../src/domain/evaluation/question-set.ts';
import { newId } from '../../../../src/domain/ids.ts';
import type { TurnRequest } from '../../../../src/generation/turn.ts';
import { readLog, type TestTarget } from '../../../generation/engines.ts';
import { startAdminApp } from '../admin-app.ts';

interface Saved {
  readonly id: string;
  readonly turns: readonly string[];
  readonly conversation_id: string | null;
}

onBothStores('question sets', async (storeEngine) => {
  const app = await startAdminApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { harness, engine } = app;
  const { scope } = harness;
  const { organizationId } = scope;
  const base = `/organizations/${organizationId}`;
  const path = `${base}/question-sets`;

  const make = async (questions: readonly (readonly string[])[] = [], name = 'Set') => {
    const body = { name, questions: questions.map((turns) => ({ turns })) };
    const made = await app.call('POST', path, body);
    assert.equal(made.status, 201, made.text);
    return made.body;
  };
  const read = async (id: string): Promise<readonly Saved[]> => {
    const { status, body } = await app.call('GET', `${path}/${id}`);
    assert.equal(status, 200);
    assert.equal(body.question_count, body.questions.length);
    return body.questions;
  };
  const texts = async (id: string) => (await read(id)).map(({ turns }) => turns);
  const talk = async (text: string, target: TestTarget = {}, more: Partial<TurnRequest> = {}) => {
    const accepted = await engine.accept(harness.turn({ text, ...target }, more));
    await readLog(engine, accepted.generationId).ended;
    return accepted;
  };
  const take = (setId: string, body: object) => app.call('POST', `${path}/${setId}/questions`, body);
  const countRows = async (table: 'question' | 'question_turn'): Promise<number> =>
    Number(
      (
        await app.store.reads
          .selectFrom(table)
          .select((eb) => eb.fn.countAll<number | string>().as('n'))
          .executeTakeFirstOrThrow()
      ).n,
    );

  test('is made, listed, read, changed and deleted; the trail tells of it without a word of the questions', async () => {
    const { key } = await app.key(organizationId, 'admin');
    const headers = { authorization: `Bearer ${key}`, 'idempotency-key': newId() };
    const payload = { name: 'Refunds', questions: [{ turns: ['Why walrus?\r\n'] }, { turns: ['A', 'B'] }] };
    const request = { method: 'POST', url: `/api/admin${path}`, headers, payload } as const;
    const created = await app.inject(request);
    assert.equal(created.status, 201, created.text);
    assert.equal(created.headers.location, `/api/admin${path}/${created.body.id}`);
    assert.deepEqual((await app.inject(request)).body, created.body);
    const { id, questions, created_by, created_at, updated_at, ...rest } = created.body;
    assert.equal(created_by.kind, 'key');
    assert.deepEqual(rest, { name: 'Refunds', question_count: 2 });
    assert.deepEqual(
      questions.map(({ turns, conversation_id }: Saved) => [turns, conversation_id]),
      [
        [['Why walrus?\n'], null],
        [['A', 'B'], null],
      ],
    );
    const listed = await app.call('GET', `${path}?limit=1000`);
    const { questions: _questions, ...withoutQuestions } = created.body;
    assert.deepEqual(
      listed.body.data.find((one: Saved) => one.id === id),
      withoutQuestions,
    );

    const [first, second] = questions as Saved[];
    const changed = await app.call('PATCH', `${path}/${id}`, {
      name: 'Returns',
      questions: [{ id: second?.id.toUpperCase() }, { turns: ['New walrus'] }, { id: first?.id }],
    });
    assert.equal(changed.status, 200, changed.text);
    assert.equal(changed.body.name, 'Returns');
    assert.deepEqual(await texts(id), [['A', 'B'], ['New walrus'], ['Why walrus?\n']]);
    assert.deepEqual((await read(id))[0], second);
    const added = await take(id, { turns: ['Added walrus'] });
    assert.equal(added.status, 201, added.text);
    assert.equal(added.headers.location, `/api/admin${path}/${id}`);
    assert.equal((await app.call('DELETE', `${path}/${id}/questions/${second?.id}`)).status, 204);
    assert.equal((await app.call('DELETE', `${path}/${id}/questions/${second?.id}`)).status, 404);
    assert.deepEqual(await texts(id), [['New walrus'], ['Why walrus?\n'], ['Added walrus']]);
    const same = (await read(id)).map((question) => ({ id: question.id }));
    assert.equal((await app.call('PATCH', `${path}/${id}`, { questions: same })).status, 200);
    assert.equal((await app.call('DELETE', `${path}/${id}`)).status, 204);
    for (const [method, where, body] of [
      ['GET', '', undefined],
      ['PATCH', '', { name: 'x' }],
      ['DELETE', '', undefined],
      ['POST', '/questions', { turns: ['x'] }],
      ['DELETE', `/questions/${first?.id}`, undefined],
    ] as const)
      assert.equal((await app.call(method, `${path}/${id}${where}`, body)).status, 404, method + where);

    const { body } = await app.call('GET', `${base}/audit?limit=1000`);
    const entries = body.data.filter(
      ({ subject }: { subject: { kind: string; id: string } }) =>
        subject.kind === 'question_set' && subject.id === id,
    );
    assert.deepEqual(
      entries.map(({ action, after }: { action: string; after: unknown }) => [action, after]),
      [
        ['question_set.delete', null],
        ['question_set.update', { deleted_questions: 1 }],
        ['question_set.update', { added_questions: 1 }],
        ['question_set.update', { name: 'Returns', questions: 3 }],
        ['question_set.create', { name: 'Refunds', questions: 2 }],
      ],
    );
    assert.doesNotMatch(JSON.stringify(body), /walrus/);
  });

  test('what can not be saved is refused by its name', async () => {
    const { id } = await make([['One']]);
    const [kept] = await read(id);
    const refused = async (method: 'POST' | 'PATCH', where: string, body: object, field: string) => {
      const answered = await app.call(method, path + where, body);
      assert.equal(answered.status, 400, `${field}: ${answered.text}`);
      assert.match(
        answered.body.message ?? answered.body.error?.message,
        new RegExp(field.replaceAll('.', '\\.')),
      );
    };
    const long = 'x'.repeat(200_000);
    await refused('POST', '', { questions: [] }, 'name');
    await refused('POST', '', { name: '' }, 'name');
    await refused('POST', '', { name: 'x', questions: [{ turns: [] }] }, 'questions.0.turns');
    await refused('POST', '', { name: 'x', questions: [{ turns: [' \u200b'] }] }, 'questions.0.turns.0');
    await refused(
      'POST',
      '',
      { name: 'x', questions: [{ turns: ['1', '2', '3', '4', '5', '6'] }] },
      'questions.0.turns',
    );
    await refused(
      'POST',
      '',
      { name: 'x', questions: Array(maxQuestions + 1).fill({ turns: ['x'] }) },
      'questions',
    );
    await refused('POST', '', { name: 'x', questions: [{ turns: [long, long, long] }] }, 'questions');
    await refused('POST', `/${id}/questions`, {}, 'turns');
    await refused('POST', `/${id}/questions`, { turns: ['x'], conversation_id: newId() }, 'conversation_id');
    await refused('POST', `/${id}/questions`, { turns: ['x'], session_id: newId() }, 'session_id');
    await refused('PATCH', `/${id}`, { questions: [{}] }, 'questions.0');
    await refused('PATCH', `/${id}`, { questions: [{ id: kept?.id, turns: ['x'] }] }, 'questions.0');
    await refused('PATCH', `/${id}`, { questions: [{ id: newId() }] }, 'questions.0.id');
    await refused('PATCH', `/${id}`, { questions: [{ id: kept?.id }, { id: kept?.id }] }, 'questions.1.id');
    const other = await make([['Of another set']]);
    await refused('PATCH', `/${id}`, { questions: [{ id: other.questions[0].id }] }, 'questions.0.id');
    assert.equal((await app.call('DELETE', `${path}/${id}/questions/${other.questions[0].id}`)).status, 404);
    assert.deepEqual(await texts(id), [['One']], 'nothing of it is stored');
    const half = 'x'.repeat(maxQuestionSetCharacters / 5);
    await make([[half, half, half, half, half]]);
  });

  test('has as many questions, and an organization as many sets, as they may', async () => {
    const organization = await app.organization();
    const list = `/organizations/${organization}/question-sets`;
    const full = { name: 'Full', questions: Array(maxQuestions).fill({ turns: ['x'] }) };
    const { body } = await app.call('POST', list, full);
    const refused = await app.call('POST', `${list}/${body.id}/questions`, { turns: ['x'] });
    assert.equal(refused.status, 409);
    assert.match(refused.text, /at most 200 questions/);
    const rest = Array.from({ length: maxQuestionSets }, () => app.call('POST', list, { name: 'x' }));
    const statuses = (await Promise.all(rest)).map(({ status }) => status);
    assert.deepEqual(
      [statuses.filter((one) => one === 201).length, statuses.filter((one) => one === 409).length],
      [maxQuestionSets - 1, 1],
    );
    let [seen, cursor]: [number, string] = [0, ''];
    do {
      const page = (await app.call('GET', `${list}?limit=30${cursor}`)).body;
      seen += page.data.length;
      cursor = page.next_cursor && `&cursor=${page.next_cursor}`;
    } while (cursor);
    assert.equal(seen, maxQuestionSets);
    assert.equal((await app.call('DELETE', `/organizations/${organization}`)).status, 200);
  });

  test('takes the first messages of the user in the shown branch', async () => {
    const { id } = await make();
    const first = await talk('m1');
    const { sessionId, conversationId } = first;
    const again = { kind: 'session', sessionId } as const;
    await talk('m2 as it was first', again);
    await talk('m2', { kind: 'session', sessionId, parentId: first.answerMessageId });
    const blank = { role: 'user', parts: [{ type: 'text', text: ' \n' }] } as const;
    const silent = await engine.accept(harness.turn({ ...again, messages: [blank] }));
    await readLog(engine, silent.generationId).ended;
    for (const text of ['m3', 'm4', 'm5', 'm6']) await talk(text, again);
    const taken = await take(id, { conversation_id: conversationId.toUpperCase() });
    assert.equal(taken.status, 201, taken.text);
    assert.deepEqual(taken.body.turns, ['m1', 'm2', 'm3', 'm4', 'm5']);
    assert.equal(taken.body.conversation_id, conversationId);

    const fork = await talk('forked', { kind: 'fork', messageId: first.answerMessageId });
    const newest = await take(id, { conversation_id: conversationId });
    assert.deepEqual(newest.body.turns, ['m1', 'forked']);
    const named = await take(id, { conversation_id: conversationId, session_id: sessionId });
    assert.deepEqual(named.body.turns, ['m1', 'm2', 'm3', 'm4', 'm5']);
    const forked = await take(id, { conversation_id: conversationId, session_id: fork.sessionId });
    assert.deepEqual(forked.body.turns, ['m1', 'forked']);

    assert.equal((await take(id, { conversation_id: newId() })).status, 404);
    const elsewhere = await talk('elsewhere');
    const mismatch = { conversation_id: conversationId, session_id: elsewhere.sessionId };
    assert.match((await take(id, mismatch)).text, /session not found/);
    const empty = newId();
    await app.store.execute('createConversation', {
      scope,
      id: empty,
      title: 'x',
      isArchived: false,
      now: 1,
    });
    const nothing = await take(id, { conversation_id: empty });
    assert.equal(nothing.status, 400);
    assert.match(nothing.text, /conversation_id: the user has written nothing/);
    const stranger = await app.organization();
    const strange = await app.call('POST', `/organizations/${stranger}/question-sets`, { name: 'x' });
    const answered = await app.call(
      'POST',
      `/organizations/${stranger}/question-sets/${strange.body.id}/questions`,
      { conversation_id: conversationId },
    );
    assert.equal(answered.status, 404);
    assert.match(answered.text, /conversation not found/);
  });

  test('what was taken goes with its message, and with its conversation', async () => {
    const { id } = await make([['Written']]);
    const first = await talk('gone first');
    const { conversationId, sessionId } = first;
    const second = await talk('gone second', { kind: 'session', sessionId });
    await talk('gone third', { kind: 'session', sessionId });
    const lone = await talk('alone');
    await take(id, { conversation_id: conversationId });
    await take(id, { conversation_id: lone.conversationId });
    const before = await read(id);
    // Taken questions that stay keep what they refer to.
    await app.call('PATCH', `${path}/${id}`, {
      questions: before.map((question) => ({ id: question.id })).reverse(),
    });
    assert.deepEqual(await texts(id), [['alone'], ['gone first', 'gone second', 'gone third'], ['Written']]);

    const now = Date.now();
    await app.store.execute('deleteMessage', { scope, id: second.userMessageId, now });
    assert.deepEqual(await texts(id), [['alone'], ['gone first', 'gone third'], ['Written']]);
    await app.store.execute('deleteMessage', { scope, id: lone.userMessageId, now });
    assert.deepEqual(await texts(id), [['gone first', 'gone third'], ['Written']]);
    const [empty] = before.filter(({ turns }) => turns[0] === 'alone');
    assert.equal((await app.call('DELETE', `${path}/${id}/questions/${empty?.id}`)).status, 404);
    const rows = await countRows('question');
    assert.equal((await take(id, { turns: ['Last'] })).status, 201);
    assert.equal(await countRows('question'), rows, 'the empty one makes room');
    await app.store.execute('deleteConversation', { scope, id: conversationId, now });
    assert.deepEqual(await texts(id), [['Written'], ['Last']]);
  });

  test('an organization that is deleted leaves none', async () => {
    const [questions, turns] = [await countRows('question'), await countRows('question_turn')];
    const organization = await app.organization();
    const list = `/organizations/${organization}/question-sets`;
    for (const name of ['a', 'b', 'c'])
      await app.call('POST', list, { name, questions: [{ turns: ['x', 'y'] }, { turns: ['z'] }] });
    assert.equal(await countRows('question'), questions + 6);
    assert.equal((await app.call('DELETE', `/organizations/${organization}`)).status, 200);
    assert.deepEqual([await countRows('question'), await countRows('question_turn')], [questions, turns]);
  });
});
