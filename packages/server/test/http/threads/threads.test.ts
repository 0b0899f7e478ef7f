/** Branches of a session: begun behind any message, gone back to, shown as a thread, and carried on in another session. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, echo, gate } from 'colloquy-testkit/upstream/scripted-upstream';
import { newId } from '../../../src/domain/ids.ts';
import { chatsOf, inTwo } from '../dialects/chats/chats-app.ts';
import { startTestApp } from '../http-app.ts';

interface Message {
  readonly id: string;
  readonly content: string;
  readonly parent_id: string | null;
  readonly is_current: boolean;
}

onBothStores('threads', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { upstream, scope, modelId, persona } = app.harness;
  const chats = chatsOf(app);
  const own = { key: app.prodKey };
  const org = `org_id=${scope.organizationId}`;
  const at = (path: string, query = '') => `/api/conversation/${path}?${org}${query}`;

  async function get(path: string, credential: object = own) {
    const { status, body } = await app.call(path, credential);
    assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
    return body;
  }
  async function post(path: string, body: object, more: object = {}) {
    const answered = await app.call(path, { ...own, body, ...more });
    assert.equal(answered.status, 200, `${path}: ${JSON.stringify(answered.body)}`);
    return answered.body;
  }

  async function startSession(): Promise<{ conversation: string; session: string }> {
    const { id: conversation } = await post(at('create'), { title: 'T' });
    const body = { conversation_id: conversation, model_id: modelId };
    return { conversation, session: (await post(at('create_session'), body)).id };
  }

  /** Says something; gives the ids of question and answer. */
  async function say(session: string, message: string, more: object = {}) {
    upstream.enqueue(answer(`A ${message}`));
    const body = { chat_session_id: session, message, ...more };
    const reading = await app.stream(at('stream_chat'), {
      ...own,
      body,
      headers: { accept: 'application/vnd.colloquy.events' },
    });
    await reading.ended;
    const first = JSON.parse(reading.events[0]?.data ?? '{}');
    return { question: first.user_message_id as string, answer: first.message_id as string };
  }

  const thread = (session: string, query = '') => get(at('thread', `&session_id=${session}${query}`));
  const contents = ({ messages }: { messages: Message[] }) => messages.map(({ content }) => content);
  const askedLast = () =>
    (upstream.requests.at(-1)?.body?.messages ?? [])
      .filter(({ role }) => role !== 'system')
      .map(({ content }) => content);

  test('a message behind an earlier one begins a branch; the old one stays, and is gone back to', async () => {
    const { conversation, session } = await startSession();
    const one = await say(session, 'one');
    const two = await say(session, 'two');
    const edited = await say(session, 'two!', { parent_id: one.answer.toUpperCase() });
    assert.deepEqual(askedLast(), ['one', 'A one', 'two!']);
    const shown = await thread(session);
    assert.deepEqual(contents(shown), ['one', 'A one', 'two!', 'A two!']);
    assert.deepEqual(shown.siblings, { [edited.question]: [two.question, edited.question] });
    assert.deepEqual([shown.leaf, shown.running], [edited.answer, null]);
    assert.deepEqual([shown.has_more_before, shown.has_more_after], [false, false]);

    const page = await get(at('messages', `&conversation_id=${conversation}`));
    assert.deepEqual(
      page.messages.map(({ content, is_current }: Message) => [content, is_current]),
      [
        ['one', true],
        ['A one', true],
        ['two', false],
        ['A two', false],
        ['two!', true],
        ['A two!', true],
      ],
    );
    const current = await get(at('messages', `&conversation_id=${conversation}&branch=current&limit=3`));
    assert.deepEqual(contents(current), ['one', 'A one', 'two!']);
    assert.deepEqual([current.total, current.has_more, current.next_offset], [4, true, 3]);
    const rest = await get(
      at('messages', `&conversation_id=${conversation}&branch=current&limit=3&offset=3`),
    );
    assert.deepEqual([contents(rest), rest.has_more], [['A two!'], false]);

    const old = await thread(session, `&leaf=${two.answer}`);
    assert.deepEqual(contents(old), ['one', 'A one', 'two', 'A two']);
    assert.deepEqual(
      old.messages.map((message: Message) => message.is_current),
      [true, true, false, false],
    );
    const back = await app.call(at('session', `&session_id=${session}`), {
      ...own,
      method: 'PUT',
      body: { head_message_id: two.answer },
    });
    assert.deepEqual([back.status, back.body.head_message_id], [200, two.answer]);
    await say(session, 'three');
    assert.deepEqual(askedLast(), ['one', 'A one', 'two', 'A two', 'three']);

    // The first question, edited: a new beginning.
    const first = await say(session, 'one!', { parent_id: null });
    assert.deepEqual(askedLast(), ['one!']);
    const begun = await thread(session);
    assert.deepEqual(contents(begun), ['one!', 'A one!']);
    assert.deepEqual(begun.siblings, { [first.question]: [one.question, first.question] });
  });

  test('a thread is read in parts, before and around a message, also one of another branch', async () => {
    const { session } = await startSession();
    const said = [];
    for (const text of ['a', 'b', 'c', 'd']) said.push(await say(session, text));
    const [a, b, c] = said;
    const other = await say(session, 'x', { parent_id: a?.answer });
    const newest = await thread(session, `&leaf=${said[3]?.answer}&limit=3`);
    assert.deepEqual(contents(newest), ['A c', 'd', 'A d']);
    assert.deepEqual([newest.has_more_before, newest.has_more_after], [true, false]);
    const before = await thread(session, `&leaf=${said[3]?.answer}&before=${c?.answer}&limit=3`);
    assert.deepEqual(contents(before), ['b', 'A b', 'c']);
    assert.deepEqual([before.has_more_before, before.has_more_after], [true, true]);
    // On the path to the head, and then on a branch beside it: the newest thread through the message.
    assert.deepEqual(contents(await thread(session, `&around=${a?.question}&limit=2`)), ['a', 'A a']);
    const around = await thread(session, `&around=${b?.answer}&limit=3`);
    assert.deepEqual(contents(around), ['b', 'A b', 'c']);
    assert.deepEqual(
      [around.leaf, around.has_more_before, around.has_more_after],
      [said[3]?.answer, true, true],
    );
    const all = await thread(session, `&around=${b?.answer}`);
    assert.deepEqual(contents(all), ['a', 'A a', 'b', 'A b', 'c', 'A c', 'd', 'A d']);
    assert.deepEqual(all.siblings, { [b?.question ?? '']: [b?.question, other.question] });
  });

  test('another attempt stands beside the first, in both orders of asking', async () => {
    const { session } = await startSession();
    const one = await say(session, 'one');
    upstream.enqueue(answer('again'));
    const { body: message } = await app.call(at(`messages/${one.answer}`), own);
    const { body: generation } = await app.call(`/api/generations/${message.generation_id}/regenerate`, {
      ...own,
      method: 'POST',
    });
    await (await app.stream(`/api/generations/${generation.id}/stream`, own)).ended;
    const shown = await thread(session);
    assert.deepEqual(contents(shown), ['one', 'again']);
    assert.deepEqual(shown.siblings, { [generation.message_id]: [one.answer, generation.message_id] });
    const first = await get(at(`messages/${one.answer}`));
    const second = await get(at(`messages/${generation.message_id}`));
    assert.deepEqual([first.is_current, second.is_current], [false, true]);
    assert.deepEqual([first.reply_to, second.reply_to], [one.question, one.question]);
  });

  test('messages are whole, with reasoning where it is asked for', async () => {
    upstream.enqueue(answer('Hello', { reasoning: ['Hm', ' hm'] }));
    const { body } = await app.call('/api/chat/completion', { ...own, body: { message: 'Hi' } });
    const message = await get(at(`messages/${body.message_id}`, '&include=reasoning'));
    const generation = await get(`/api/generations/${message.generation_id}`);
    const question = await get(at(`messages/${message.reply_to}`));
    assert.deepEqual(message, {
      id: body.message_id,
      role: 'assistant',
      content: 'Hello',
      created_at: message.created_at,
      chat_session_id: body.session_id,
      parent_id: question.id,
      reply_to: question.id,
      generation_id: generation.id,
      is_current: true,
      model_id: modelId,
      model_name: generation.model.name,
      persona: { id: persona.personaId, version: persona.version },
      status: 'done',
      usage: body.usage,
      cost: message.cost,
      finish_reason: 'stop',
      error: null,
      sources: [],
      metadata: {},
      reasoning: 'Hm hm',
    });
    assert.ok(message.cost > 0);
    const nothing = { generation_id: null, model_id: null, model_name: null, persona: null, cost: null };
    assert.deepEqual({ ...question, ...nothing, parent_id: null, reply_to: null }, question);
    assert.equal('reasoning' in question, false);
    const listed = await get(
      at('messages', `&conversation_id=${generation.conversation_id}&include=reasoning`),
    );
    assert.deepEqual(
      listed.messages.map(({ reasoning }: { reasoning: string | null }) => reasoning),
      [null, 'Hm hm'],
    );
    const { conversation_id: id } = generation;
    assert.equal((await app.call(at(`messages/${newId()}`), own)).status, 404);
    assert.equal((await app.call(at(`messages/${message.id}`), { key: app.testKey })).status, 404);
    assert.equal((await app.call(at('messages', `&conversation_id=${id}&include=all`), own)).status, 400);
  });

  test('a fork goes on behind a message in a session of its own, with another persona or model', async () => {
    const { conversation, session } = await startSession();
    const one = await say(session, 'one');
    await say(session, 'two');
    const fork = await post(at('fork', `&session_id=${session}`), { message_id: one.answer });
    assert.deepEqual(
      [fork.conversation_id, fork.model_id, fork.persona, fork.head_message_id],
      [conversation, modelId, null, one.answer],
    );
    assert.deepEqual(contents(await thread(fork.id)), ['one', 'A one']);
    const apart = await say(fork.id, 'apart');
    assert.deepEqual(askedLast(), ['one', 'A one', 'apart']);
    assert.deepEqual(contents(await thread(fork.id)), ['one', 'A one', 'apart', 'A apart']);
    assert.deepEqual(contents(await thread(session)), ['one', 'A one', 'two', 'A two']);
    // A message that the fork shares with the other session can be replaced in it, too.
    await say(fork.id, 'apart!', { parent_id: one.answer });
    assert.deepEqual(askedLast(), ['one', 'A one', 'apart!']);

    const alias = 'fork-persona';
    const personaId = await app.persona(alias);
    const withPersona = await post(at('fork', `&session_id=${fork.id}`), {
      message_id: apart.answer,
      persona: alias,
      metadata: { why: 'to compare' },
    });
    assert.deepEqual(
      [withPersona.persona, withPersona.metadata],
      [{ id: personaId, version: 1 }, { why: 'to compare' }],
    );
    await say(withPersona.id, 'hello');
    assert.deepEqual(askedLast(), ['one', 'A one', 'apart', 'A apart', 'hello']);
    assert.match(JSON.stringify(upstream.requests.at(-1)?.body?.messages), /I am fork-persona/);

    // What is deleted is gone from the history of each session that had it.
    assert.equal(
      (await app.call(`/conversations/delete/${one.answer}`, { ...own, method: 'DELETE' })).status,
      200,
    );
    assert.deepEqual(contents(await thread(withPersona.id)), ['one', 'apart', 'A apart', 'hello', 'A hello']);
    const empty = await post(at('fork', `&session_id=${session}`), { message_id: one.question });
    assert.equal(
      (await app.call(`/conversations/delete/${one.question}`, { ...own, method: 'DELETE' })).status,
      200,
    );
    const { messages, leaf } = await thread(empty.id);
    assert.deepEqual([messages, leaf], [[], null]);
  });

  test('what is no message of the session is refused by its field', async () => {
    const { session } = await startSession();
    const other = await startSession();
    const one = await say(session, 'one');
    const strange = await say(other.session, 'strange');
    const body = { chat_session_id: session, message: 'Hi' };
    const refused: [string, object, string][] = [
      [at('stream_chat'), { body: { ...body, parent_id: strange.answer } }, 'parent_id'],
      [at('stream_chat'), { body: { ...body, parent_id: newId() } }, 'parent_id'],
      [at('stream_chat'), { body: { ...body, parent_id: 'x' } }, 'parent_id'],
      [
        at('session', `&session_id=${session}`),
        { method: 'PUT', body: { head_message_id: strange.answer } },
        'head_message_id',
      ],
      [
        at('session', `&session_id=${session}`),
        { method: 'PUT', body: { head_message_id: null } },
        'head_message_id',
      ],
      [at('fork', `&session_id=${session}`), { body: { message_id: strange.answer } }, 'message_id'],
      [
        at('fork', `&session_id=${session}`),
        { body: { message_id: one.answer, model_id: modelId, persona: 'test' } },
        'persona',
      ],
      [at('create_session'), { body: { conversation_id: other.conversation } }, 'model_id'],
      [at('thread', `&session_id=${session}&leaf=${strange.answer}`), {}, 'leaf'],
      [at('thread', `&session_id=${session}&before=${strange.answer}`), {}, 'before'],
      [at('thread', `&session_id=${session}&around=${strange.answer}`), {}, 'around'],
      [at('thread', `&session_id=${session}&around=${one.answer}&before=${one.answer}`), {}, 'around'],
      [at('thread', `&session_id=${session}&limit=201`), {}, 'limit'],
    ];
    for (const [path, call, field] of refused) {
      const { status, body: told } = await app.call(path, { ...own, ...call });
      assert.deepEqual([status, told.field], [400, field], `${path} ${JSON.stringify([call, told])}`);
    }
    for (const path of ['thread', 'fork'])
      assert.equal(
        (
          await app.call(at(path, `&session_id=${newId()}`), {
            ...own,
            ...(path === 'fork' && { body: { message_id: one.answer } }),
          })
        ).status,
        404,
      );
    await post(at('complete_session', `&session_id=${session}`), {}, { body: undefined, method: 'POST' });
    const moved = await app.call(at('session', `&session_id=${session}`), {
      ...own,
      method: 'PUT',
      body: { head_message_id: one.question },
    });
    assert.deepEqual([moved.status, moved.body.code], [409, 'conflict']);
  });

  test('chats and chat begin branches too, and tell what runs', async () => {
    const chatId = await chats.chat();
    const first = await chats.say(chatId, 'one');
    upstream.enqueue(echo);
    await (await app.stream(`/conversations/inference/${first}`, own)).ended;
    const made = await app.call('/conversations/create', {
      ...own,
      body: { chat_id: chatId, role: 'Human', message: 'one!', parent_id: null },
    });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    assert.deepEqual([made.body.status, made.body.generation_id], ['done', null]);
    upstream.enqueue(echo);
    await (await app.stream(`/conversations/inference/${made.body.id}`, own)).ended;
    assert.deepEqual(askedLast(), ['one!']);
    const behind = await app.call('/conversations/create', {
      ...own,
      body: { chat_id: chatId, role: 'Human', message: 'two', parent_id: first },
    });
    const { body: shown } = await app.call(at(`messages/${behind.body.id}`), own);
    assert.deepEqual([shown.parent_id, shown.is_current], [first, true]);
    const elsewhere = await chats.say(await chats.chat(), 'x');
    const refused = await app.call('/conversations/create', {
      ...own,
      body: { chat_id: chatId, role: 'Human', message: 'two', parent_id: elsewhere },
    });
    assert.deepEqual([refused.status, refused.body.field], [400, 'parent_id']);

    upstream.enqueue(answer('First'));
    const { body } = await app.call('/api/chat/completion', { ...own, body: { message: 'Hi' } });
    const held = gate();
    upstream.enqueue(inTwo(['So'], held.step, [' far']));
    const live = await app.stream('/api/chat/continuation/stream', {
      ...own,
      body: { session: body.session_id, message: 'Hi!', parent_id: null },
    });
    await live.until(({ events }) => events.length === 2);
    assert.deepEqual(askedLast(), ['Hi!']);
    const running = await thread(body.session_id);
    assert.deepEqual(contents(running), ['Hi!', 'So']);
    assert.equal(running.running, running.messages[1].generation_id);
    held.release();
    await live.ended;
    assert.equal((await thread(body.session_id)).running, null);
  });

  test('members begin sessions with any version of a persona, and talk in the chat dialect', async () => {
    const id = await app.persona('of-members', { next: true });
    const token = await chats.member('member');
    const { body: conversation } = await app.call(at('create'), { token, body: { title: 'Mine' } });
    const body = { conversation_id: conversation.id, persona: { persona_id: id, version_tag: 'next' } };
    const session = await post(at('create_session'), body, { key: undefined, token });
    assert.deepEqual(session.persona, { id, version: 2 });
    upstream.enqueue(answer('Yes'), answer('Yes'));
    const begun = await app.call('/api/chat/completion', {
      token,
      body: { message: 'Hi', persona: { alias: 'of-members', version_type: 'next' }, metadata: { a: 'b' } },
    });
    assert.equal(begun.status, 200, JSON.stringify(begun.body));
    assert.match(JSON.stringify(upstream.requests.at(-1)?.body?.messages), /I am the draft of of-members/);
    const continued = await app.call('/api/chat/continuation', {
      token,
      body: { session: begun.body.session_id, message: 'And?' },
    });
    assert.equal(continued.body.session_id, begun.body.session_id);
    const none = await app.call('/api/chat/completion', { token, body: { message: 'Hi' } });
    assert.deepEqual([none.status, none.body.field], [400, 'persona']);
    const guest = await chats.member('guest');
    const refused = await app.call('/api/chat/completion', {
      token: guest,
      body: { message: 'Hi', persona: 'of-members' },
    });
    assert.equal(refused.status, 403);
    assert.equal((await app.call('/api/chat/get_token', { token, body: { user_id: 'u' } })).status, 403);
  });
});
