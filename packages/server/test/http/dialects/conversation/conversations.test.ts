/** Conversations, sessions and messages: their lists and pages, changes and deletions. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate } from 'colloquy-testkit/upstream/scripted-upstream';
import { newId } from '../../../../src/domain/ids.ts';
import { generationOf, startTestApp } from '../../http-app.ts';

onBothStores('conversations', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { scope, modelId, upstream, place } = app.harness;
  const key = app.prodKey;
  const at = (path: string, query: Record<string, string | number> = {}) => {
    const given = Object.entries(query).map(([name, value]) => [name, String(value)]);
    return `/api/conversation/${path}?${new URLSearchParams([['org_id', scope.organizationId], ...given])}`;
  };
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    app.call(at(path), { key, body, headers });
  const create = async (body: object = { title: 'A conversation' }): Promise<string> => {
    const made = await post('create', body);
    assert.equal(made.status, 200, JSON.stringify(made.body));
    return made.body.id;
  };
  const begin = async (conversation_id: string, model_id = modelId): Promise<string> => {
    const made = await post('create_session', { conversation_id, model_id });
    assert.equal(made.status, 200, JSON.stringify(made.body));
    return made.body.id;
  };
  const chat = (chat_session_id: string, message: string, more: object = {}) =>
    app.stream(at('stream_chat'), { key, body: { chat_session_id, message, ...more } });
  const say = async (session: string, message: string): Promise<void> => {
    await (await chat(session, message)).ended;
  };
  const messages = async (conversation_id: string, query: Record<string, number> = {}) => {
    const { status, body } = await app.call(at('messages', { conversation_id, ...query }), { key });
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  const texts = (page: { messages: { content: string }[] }): string[] =>
    page.messages.map(({ content }) => content);
  const list = async (query: Record<string, string | number> = {}): Promise<string[]> => {
    const { status, body } = await app.call(at('list', query), { key });
    assert.equal(status, 200, JSON.stringify(body));
    return body.map(({ id }: { id: string }) => id);
  };

  test('the list is newest first, and narrowed by limit, offset and is_archived', async () => {
    assert.deepEqual((await app.call(at('list'), { key })).body, []);
    const ids: string[] = [];
    for (const title of ['one', 'two', 'three', 'four', 'five']) {
      ids.unshift(await create({ title, is_archived: title === 'two' }));
    }
    const [five, four, three, two, one] = ids;
    assert.deepEqual(await list(), ids);
    assert.deepEqual(await list({ limit: 2 }), [five, four]);
    assert.deepEqual(await list({ limit: 2, offset: 3 }), [two, one]);
    assert.deepEqual(await list({ offset: 2 }), [three, two, one]);
    assert.deepEqual(await list({ is_archived: 'true' }), [two]);
    assert.deepEqual(await list({ is_archived: 'false', limit: 3, offset: 1 }), [four, three, one]);
  });

  test('update changes what is given, and says when', async () => {
    const id = await create({ title: 'Before' });
    const put = (body: object) =>
      app.call(at('update', { conversation_id: id }), { key, method: 'PUT', body });
    const archived = await put({ is_archived: true });
    assert.equal(archived.status, 200);
    assert.deepEqual([archived.body.title, archived.body.is_archived], ['Before', true]);
    const renamed = await put({ title: 'After\r\nthat' });
    assert.deepEqual([renamed.body.title, renamed.body.is_archived], ['After\nthat', true]);
    assert.ok(renamed.body.updated_at >= archived.body.updated_at);
    const { body } = await app.call(at('get_with_sessions', { conversation_id: id }), { key });
    const none = { sessions: [], chat_sessions: [] };
    assert.deepEqual(body, { ...renamed.body, conversation: renamed.body, ...none });
  });

  test('a session’s model sees its own session only; an unknown or disabled model is 404', async () => {
    const id = await create();
    const models = `/organizations/${scope.organizationId}/models`;
    const made = await app.admin('POST', models, {
      name: 'Second',
      provider: 'openai-compatible',
      model: 'second',
      base_url: upstream.openAiUrl,
    });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const second = made.body.id;
    const [one, two] = [await begin(id), await begin(id, second.toUpperCase())];
    await say(one, 'First question');
    await say(two, 'Second question');
    const request = upstream.requests.at(-1);
    assert.equal(request?.model, 'second');
    assert.ok(!JSON.stringify(request?.body).includes('First question'));
    const page = await messages(id);
    assert.deepEqual(
      page.messages.map((message: { role: string; chat_session_id: string; model_id: string | null }) => [
        message.role,
        message.chat_session_id,
        message.model_id,
      ]),
      [
        ['user', one, null],
        ['assistant', one, modelId],
        ['user', two, null],
        ['assistant', two, second],
      ],
    );
    await app.admin('PATCH', `${models}/${second}`, { is_active: false });
    for (const model_id of [second, newId()]) {
      const refused = await post('create_session', { conversation_id: id, model_id });
      assert.deepEqual([refused.status, refused.body.code], [404, 'not_found']);
    }
    await app.admin('DELETE', `${models}/${second}`);
    const { body } = await app.call(at('get_with_sessions', { conversation_id: id }), { key });
    assert.deepEqual(
      body.sessions.map(({ model }: { model: object }) => model),
      [
        { id: modelId, name: 'scripted', provider: 'openai-compatible' },
        { id: second, name: null, provider: null },
      ],
    );
  });

  test('a completed session takes no message; completing again changes nothing', async () => {
    const id = await create();
    const session = await begin(id);
    await say(session, 'Hello');
    const path = at('complete_session', { session_id: session });
    const completed = await app.call(path, { key, method: 'POST' });
    assert.deepEqual([completed.status, completed.body.status], [200, 'completed']);
    assert.deepEqual((await app.call(path, { key, method: 'POST' })).body, completed.body);
    const refused = await post('stream_chat', { chat_session_id: session, message: 'More' });
    assert.deepEqual([refused.status, refused.body.code], [409, 'conflict']);
  });

  test('messages page by limit and offset, with and without gaps', async () => {
    const id = await create();
    const session = await begin(id);
    for (let turn = 1; turn <= 6; turn += 1) {
      upstream.enqueue(answer(`answer ${turn}`));
      await say(session, `question ${turn}`);
    }
    const all = Array.from({ length: 6 }, (_, turn) => [`question ${turn + 1}`, `answer ${turn + 1}`]).flat();
    const pages = async (expected: readonly string[]): Promise<void> => {
      assert.deepEqual(texts(await messages(id)), expected);
      for (const [limit, offset] of [
        [1, 0],
        [3, 2],
        [5, expected.length - 2],
        [1000, 0],
        [2, expected.length],
        [2, 2_147_483_647],
      ] as const) {
        const page = await messages(id, { limit, offset });
        assert.deepEqual(texts(page), expected.slice(offset, offset + limit), `${limit} from ${offset}`);
        assert.deepEqual([page.total, page.limit, page.offset], [expected.length, limit, offset]);
      }
    };
    await pages(all);
    const { messages: shown } = await messages(id);
    for (const index of [0, 5, 11]) {
      const gone = await app.call(`/conversations/delete/${shown[index].id}`, { key, method: 'DELETE' });
      assert.equal(gone.status, 200);
    }
    await pages(all.filter((_, index) => ![0, 5, 11].includes(index)));
    await say(session, 'question 7');
    assert.equal((await messages(id)).total, 11);
    const history = upstream.requests.at(-1)?.body?.messages?.map(({ content }) => content) ?? [];
    // Question 6 has lost its answer, so the model sees both as one.
    assert.equal(history.at(-1), 'question 6\n\nquestion 7');
    const sent = history.join(' ');
    for (const gone of ['question 1', 'answer 3', 'answer 6']) assert.ok(!sent.includes(gone), gone);
    assert.ok(sent.includes('question 3\n\nquestion 4'));
  });

  test('an answer that is being written shows its status, and its text so far', async () => {
    const id = await create();
    const session = await begin(id);
    const { step, release } = gate();
    upstream.enqueue({
      steps: [
        { do: 'headers' },
        { do: 'tokens', tokens: ['Half', ' of'] },
        step,
        { do: 'finish' },
        { do: 'end' },
      ],
    });
    const reading = await chat(session, 'Go');
    await reading.until(({ events }) => events.length === 3);
    const [, running] = (await messages(id)).messages;
    assert.deepEqual([running.status, running.content, running.usage], ['running', 'Half of', null]);
    release();
    await reading.ended;
    const [, done] = (await messages(id)).messages;
    assert.deepEqual([done.status, done.content], ['done', 'Half of']);
    assert.equal(typeof done.usage.total_tokens, 'number');
  });

  test('a busy session: 409 with the generation, a place in the queue, or the end of what runs', async () => {
    const session = await begin(await create());
    const { step, release } = gate();
    upstream.enqueue(
      { steps: [{ do: 'tokens', tokens: ['Part'] }, step, { do: 'finish' }, { do: 'end' }] },
      answer('Queued'),
    );
    const running = await chat(session, 'One');
    const busy = await post('stream_chat', { chat_session_id: session, message: 'Two' });
    assert.deepEqual(busy.body, {
      detail: 'the session is still answering',
      message: 'the session is still answering',
      code: 'session_busy',
      generation_id: generationOf(running),
    });
    assert.equal(busy.status, 409);
    const queued = await chat(session, 'Two', { when_busy: 'queue' });
    await queued.until(({ events }) => events.length >= 2);
    assert.deepEqual(
      queued.events.slice(0, 2).map(({ event, data }) => [event, JSON.parse(data).position]),
      [
        ['start', undefined],
        ['queued', 1],
      ],
    );
    release();
    await Promise.all([running.ended, queued.ended]);
    upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['Half'] }, { do: 'stall' }] }, answer('Instead'));
    const stopped = await chat(session, 'Three');
    await stopped.until(({ events }) => events.length === 2);
    const instead = await chat(session, 'Four', { when_busy: 'interrupt' });
    await Promise.all([stopped.ended, instead.ended]);
    assert.equal(JSON.parse(stopped.events.at(-1)?.data ?? '').finish_reason, 'cancelled');
  });

  test('a failing model is an error event', async () => {
    const session = await begin(await create());
    upstream.enqueue({ status: 400, body: { error: { message: 'no' } } });
    const reading = await chat(session, 'Fail');
    await reading.ended;
    const last = reading.events.at(-1);
    assert.equal(last?.event, 'error');
    const { type, code, message } = JSON.parse(last?.data ?? '');
    assert.deepEqual([type, code, typeof message], ['error', 'provider_error', 'string']);
  });

  test('a message says how its answer ended, and why it failed', async () => {
    const conversation = await create();
    const session = await begin(conversation);
    upstream.enqueue(answer('Fine'), { status: 400, body: { error: { message: 'rule 7 forbids it' } } });
    await (await chat(session, 'Good')).ended;
    await (await chat(session, 'Bad')).ended;
    const { body } = await app.call(`${at('messages')}&conversation_id=${conversation}`, { key });
    const [asked, good, , bad] = body.messages;
    assert.deepEqual([asked.finish_reason, asked.error, asked.reply_to], [null, null, null]);
    assert.deepEqual([good.finish_reason, good.error, good.reply_to], ['stop', null, asked.id]);
    assert.deepEqual([good.sources, typeof good.generation_id], [[], 'string']);
    assert.equal(bad.finish_reason, null);
    assert.equal(bad.error.code, 'provider_error');
    assert.match(bad.error.message, /rule 7 forbids it/);
  });

  test('a POST with Last-Event-ID reconnects: it starts nothing, and ends with 204', async () => {
    const session = await begin(await create());
    const whole = await chat(session, 'Once');
    await whole.ended;
    const calls = upstream.requests.length;
    const again = (chat_session_id: string, id = '') =>
      app.call(at('stream_chat'), {
        key,
        body: { chat_session_id, message: 'Once' },
        headers: { 'last-event-id': id },
      });
    const [first] = whole.events;
    const rest = await again(session, first?.id);
    assert.equal(rest.status, 200);
    assert.equal(rest.body, whole.raw().slice(whole.raw().indexOf('\n\n') + 2));
    assert.equal((await again(session, whole.events.at(-1)?.id)).status, 204);
    const other = await again(newId(), first?.id);
    assert.deepEqual([other.status, other.body.code], [400, 'invalid_request']);
    assert.equal(upstream.requests.length, calls);
  });

  test('an Idempotency-Key makes every POST happen once', async () => {
    const headers = (name: string) => ({ 'idempotency-key': `${name}-${storeEngine}` });
    const first = await post('create', { title: 'Once' }, headers('create'));
    assert.deepEqual((await post('create', { title: 'Once' }, headers('create'))).body, first.body);
    const other = await post('create', { title: 'Twice' }, headers('create'));
    assert.deepEqual([other.status, other.body.code], [409, 'idempotency_mismatch']);
    const session = { conversation_id: first.body.id, model_id: modelId };
    const made = await post('create_session', session, headers('session'));
    assert.deepEqual((await post('create_session', session, headers('session'))).body, made.body);
    const calls = upstream.requests.length;
    const turn = { chat_session_id: made.body.id, message: 'Once' };
    const one = await app.stream(at('stream_chat'), { key, body: turn, headers: headers('turn') });
    const two = await app.stream(at('stream_chat'), { key, body: turn, headers: headers('turn') });
    await Promise.all([one.ended, two.ended]);
    assert.equal(two.raw(), one.raw());
    assert.equal(upstream.requests.length, calls + 1);
    const complete = () =>
      app.call(at('complete_session', { session_id: made.body.id }), {
        key,
        method: 'POST',
        headers: headers('complete'),
      });
    assert.deepEqual((await complete()).body, (await complete()).body);
  });

  test('delete takes everything with it, and ends what runs', async () => {
    const id = await create({ title: 'Doomed quokka' });
    const session = await begin(id);
    await say(session, 'An answer that is done');
    upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['Never'] }, { do: 'stall' }] });
    const running = await chat(session, 'An answer that runs');
    await running.until(({ events }) => events.length === 2);
    assert.deepEqual(await list({ q: 'quokka' }), [id]);
    const request = upstream.requests.at(-1);
    const gone = await app.call(at('delete', { conversation_id: id }), { key, method: 'DELETE' });
    assert.deepEqual([gone.status, gone.body.id, gone.body.title], [200, id, 'Doomed quokka']);
    await running.ended;
    assert.equal(await request?.closed, 'aborted');
    for (const path of ['get_with_sessions', 'messages']) {
      assert.equal((await app.call(at(path, { conversation_id: id }), { key })).status, 404);
    }
    assert.equal((await app.call(`/api/generations/${generationOf(running)}`, { key })).status, 404);
    assert.deepEqual(await list({ q: 'quokka' }), []);
    const { reads } = place.store;
    for (const table of ['session', 'message', 'generation', 'search_document'] as const) {
      const left = await reads.selectFrom(table).select('id').where('conversation_id', '=', id).execute();
      assert.deepEqual(left, [], table);
    }
    const again = await app.call(at('delete', { conversation_id: id }), { key, method: 'DELETE' });
    assert.equal(again.status, 404);
  });

  test('a complete list is read as it is sent', async () => {
    const count = 10_000;
    const before = (await list()).length;
    const title = '𝒳'.repeat(255);
    const start = Date.now() + 1000;
    let oldest = '';
    for (let made = 0; made < count; made += 500) {
      const some = Array.from({ length: 500 }, (_, index) => ({ id: newId(), now: start + made + index }));
      oldest ||= some[0]?.id ?? '';
      await Promise.all(
        some.map((one) =>
          place.store.execute('createConversation', { scope, title, isArchived: false, ...one }),
        ),
      );
    }
    const request = get(`${app.url}${at('list')}`, { headers: { 'x-api-key': key } });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    assert.equal(response.headers['transfer-encoding'], 'chunked');
    await once(response, 'readable');
    // No buffer on the way holds twelve megabytes, so the end has not been read from the store yet.
    await app.call(at('update', { conversation_id: oldest }), {
      key,
      method: 'PUT',
      body: { title: 'Changed while the list was sent' },
    });
    let text = '';
    response.setEncoding('utf8');
    for await (const chunk of response) text += chunk;
    const all = JSON.parse(text);
    assert.equal(all.length, before + count);
    assert.equal(new Set(all.map(({ id }: { id: string }) => id)).size, all.length);
    const changed = all.find(({ id }: { id: string }) => id === oldest);
    assert.equal(changed.title, 'Changed while the list was sent');
    const times = all.map(({ created_at }: { created_at: string }) => created_at);
    assert.deepEqual(times, [...times].sort().reverse());
  });
});
