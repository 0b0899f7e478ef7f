/** The view `events`: every generation's log in full, whatever dialect it was started in, on every URL that streams. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { dataOf, generationOf, type SseReading, startTestApp } from '../../http-app.ts';
import { chatsOf, inTwo } from '../chats/chats-app.ts';

const accept = { accept: 'application/vnd.colloquy.events' };

onBothStores('the view events', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const chats = chatsOf(app);
  const { upstream, scope, modelId, persona } = app.harness;
  const org = `org_id=${scope.organizationId}`;
  const own = { key: app.prodKey };

  const textIn = (reading: SseReading): string =>
    dataOf(reading)
      .map(({ type, text }) => (type === 'text' ? text : ''))
      .join('');

  test('tells the whole log, the same at every replay and behind every event', async () => {
    upstream.enqueue(answer('Hello there', { reasoning: ['Hm,', ' well.'] }));
    const live = await app.stream('/api/chat/completion/stream', {
      ...own,
      headers: accept,
      body: { message: 'Hi' },
    });
    await live.ended;
    const events = dataOf(live);
    const id = generationOf(live);
    const { body: generation } = await app.call(`/api/generations/${id}`, own);
    const { body: messages } = await app.call(
      `/api/conversation/messages?${org}&conversation_id=${generation.conversation_id}`,
      own,
    );
    assert.deepEqual(events[0], {
      type: 'session',
      session_id: generation.session_id,
      conversation_id: generation.conversation_id,
      generation_id: id,
      message_id: generation.message_id,
      user_message_id: messages.messages[0].id,
      model: generation.model,
      persona: { id: persona.personaId, version: persona.version },
      created_at: generation.created_at,
    });
    assert.equal(generation.dialect, 'chat');
    assert.deepEqual(
      events.slice(1, -1).map(({ type, text }) => (text === undefined ? type : [type, text])),
      ['started', ['reasoning', 'Hm,'], ['reasoning', ' well.'], ['text', 'Hello'], ['text', ' there']],
    );
    const { cost, ttft_ms, duration_ms, ...end } = events.at(-1);
    assert.deepEqual(end, { type: 'done', finish_reason: 'stop', usage: generation.usage });
    assert.ok(cost > 0 && ttft_ms >= 0 && duration_ms >= ttft_ms, JSON.stringify(events.at(-1)));
    const { headers } = live.response;
    assert.equal(headers.get('content-type'), 'text/event-stream; charset=utf-8');
    const location = headers.get('content-location') ?? '';
    assert.equal(location, `/api/generations/${id}/stream?dialect=events`);

    const replayed = await app.stream(location, own);
    await replayed.ended;
    assert.equal(replayed.raw(), live.raw());
    const ids = live.events.map((event) => event.id ?? '');
    for (const [index, cursor] of ids.slice(0, -1).entries()) {
      const rest = await app.stream(`${location}&after=${cursor}`, own);
      await rest.ended;
      assert.deepEqual(
        rest.events.map((event) => event.id),
        ids.slice(index + 1),
        cursor,
      );
    }
    assert.equal((await app.call(`${location}&after=${ids.at(-1)}`, own)).status, 204);
    // What only this view shows is a cursor for the others, too.
    const hidden = live.events.find(({ data }) => data.includes('reasoning'))?.id ?? '';
    const inChat = await app.stream(`/api/generations/${id}/stream?after=${hidden}`, own);
    await inChat.ended;
    assert.deepEqual(
      dataOf(inChat).map(({ type }) => type),
      ['token', 'token', 'done'],
    );
  });

  test('is had on every URL that streams, and `dialect` wins over `Accept`', async () => {
    const texts = ['One', 'Two', 'Three', 'Four'];
    upstream.enqueue(...texts.map((text) => answer(text)));
    const made = await app.call(`/api/conversation/create?${org}`, { ...own, body: { title: 'A' } });
    const session = await app.call(`/api/conversation/create_session?${org}`, {
      ...own,
      body: { conversation_id: made.body.id, model_id: modelId },
    });
    const headers = { accept: 'text/event-stream, application/vnd.colloquy.events;q=0.9' };
    const readings: SseReading[] = [];
    const read = async (path: string, more: object = {}) => {
      const reading = await app.stream(path, { ...own, headers, ...more });
      await reading.ended;
      readings.push(reading);
      return generationOf(reading);
    };
    const body = { chat_session_id: session.body.id, message: 'Hi' };
    const first = await read(`/api/conversation/stream_chat?${org}`, { body });
    await read(`/api/generations/${first}/regenerate`, { method: 'POST' });
    const { messageId } = await chats.question();
    const inferred = await read(`/conversations/inference/${messageId}`);
    // The second look attaches.
    assert.equal(await read(`/conversations/inference/${messageId}`), inferred);
    const again = await app.call(`/api/generations/${inferred}/regenerate`, { ...own, method: 'POST' });
    await read(`/api/generations/${again.body.id}/stream`);
    assert.deepEqual(readings.map(textIn), ['One', 'Two', 'Three', 'Three', 'Four']);
    for (const reading of readings) {
      assert.equal(dataOf(reading)[0].type, 'session');
      const location = `/api/generations/${generationOf(reading)}/stream?dialect=events`;
      assert.equal(reading.response.headers.get('content-location'), location);
    }
    const asked = await app.stream(`/api/generations/${first}/stream?dialect=conversation`, {
      ...own,
      headers,
    });
    await asked.ended;
    assert.equal(dataOf(asked)[0].type, 'start');
    const { status, body: refused } = await app.call(`/api/generations/${first}/stream?dialect=event`, own);
    assert.deepEqual([status, refused.field], [400, 'dialect']);
    const head = await app.call(`/api/generations/${first}/stream`, { ...own, method: 'HEAD', headers });
    assert.equal(head.headers.get('content-location'), `/api/generations/${first}/stream?dialect=events`);
  });

  test('a repeated POST goes on in it; what waits says so; a failure is its last event', async () => {
    const held = gate();
    upstream.enqueue(inTwo(['One'], held.step, [' two']), refuse(400, { message: 'no such thing' }));
    const path = '/api/chat/completion/stream';
    const live = await app.stream(path, { ...own, body: { message: 'Hi' } });
    await live.until(({ events }) => events.length === 2);
    const session = dataOf(live)[0].session_id;
    const waiting = await app.stream('/api/chat/continuation/stream', {
      ...own,
      headers: accept,
      body: { session, message: 'And?', when_busy: 'queue' },
    });
    const resumed = await app.stream(path, {
      ...own,
      body: { message: 'Hi' },
      headers: { ...accept, 'last-event-id': live.events[0]?.id ?? '' },
    });
    await waiting.until(({ events }) => events.length === 2);
    held.release();
    await Promise.all([live.ended, resumed.ended, waiting.ended]);
    assert.deepEqual(
      dataOf(resumed).map(({ type, text }) => text ?? type),
      ['started', 'One', ' two', 'done'],
    );
    const [first, second, ...rest] = dataOf(waiting);
    assert.deepEqual([first.type, second], ['session', { type: 'queued', position: 1 }]);
    assert.deepEqual(
      rest.map(({ type, code }) => code ?? type),
      ['started', 'provider_error'],
    );
  });

  test('end users read the reasoning only of a persona that shows it', async () => {
    for (const shows of [false, true]) {
      const id = await app.persona(`shows-${shows}`);
      const versions = `/organizations/${scope.organizationId}/personas/${id}`;
      const draft = { system_prompt: 'Think.', model_id: modelId, show_reasoning: shows };
      assert.equal((await app.admin('PUT', `${versions}/next`, draft)).status, 200);
      assert.equal((await app.admin('POST', `${versions}/submit`)).status, 200);
      const user = await chats.user('ada', { persona: { alias: `shows-${shows}` } });
      upstream.enqueue(answer('Yes', { reasoning: ['Hm'] }));
      const request = { headers: accept, body: { message: 'Hi' } };
      const reading = await app.stream('/api/chat/completion/stream', { token: user, ...request });
      await reading.ended;
      const expected = ['session', 'started', ...(shows ? ['reasoning'] : []), 'text', 'done'];
      const typesOf = (one: SseReading) => dataOf(one).map(({ type }) => type);
      assert.deepEqual(typesOf(reading), expected);
      const stream = `/api/generations/${generationOf(reading)}/stream?dialect=events`;
      const ofKey = await app.stream(stream, own);
      await ofKey.ended;
      assert.deepEqual(typesOf(ofKey), ['session', 'started', 'reasoning', 'text', 'done']);
      const cursor = ofKey.events[2]?.id ?? '';
      const behind = await app.stream(`${stream}&after=${cursor}`, { token: user });
      await behind.ended;
      assert.deepEqual(typesOf(behind), ['text', 'done']);
    }
  });
});
