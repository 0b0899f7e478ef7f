/** Answers over `EventSource`: to the letter, never twice, resumed and replayed, on both stores. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { generationOf, type SseReading, startTestApp } from '../../http-app.ts';
import { chatsOf, inTwo, namedOf, textOf } from './chats-app.ts';

const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12, provenance: 'reported' };

function frames(reading: SseReading): string[] {
  return reading.raw().split('\n\n').slice(0, -1);
}

function idOf(frame: string | undefined): string {
  return /^id: (.+)$/m.exec(frame ?? '')?.[1] ?? assert.fail(frame);
}

onBothStores('inference', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const key = app.prodKey;
  const { upstream } = app.harness;
  const chats = chatsOf(app);
  const infer = (id: string, options: object = { key }, query = '') =>
    app.stream(`/conversations/inference/${id}${query}`, options);
  const inferWhole = async (id: string, options: object = { key }): Promise<SseReading> => {
    const reading = await infer(id, options);
    await reading.ended;
    return reading;
  };

  test('the frames, to the letter', async () => {
    const { chatId, messageId } = await chats.question();
    const tokens = ['\n', ' Hello', '  two blanks', 'a\n\n b\n', '', '\n\n', ' ', 'data: x', ':', 'é😀'];
    upstream.enqueue(answer('', { tokens, usage: { promptTokens: 10, completionTokens: 2 } }));
    const reading = await inferWhole(messageId);
    const { status, headers } = reading.response;
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'text/event-stream; charset=utf-8');
    assert.equal(headers.get('cache-control'), 'no-cache, no-transform');
    assert.equal(headers.get('x-accel-buffering'), 'no');
    assert.equal(textOf(reading), tokens.join(''));
    const generation = generationOf(reading);
    const { body: list } = await app.call(`/conversations/?chat_id=${chatId}`, { key });
    const stored = list.at(-1);
    assert.deepEqual([stored.role, stored.message], ['Assistant', tokens.join('')]);
    const done = `event: done\ndata: ${JSON.stringify({ id: stored.id, finish_reason: 'stop', usage })}`;
    const expected = [
      // Blanks at the beginning wait for what follows, which may be the mark of reasoning.
      'data: \ndata:  Hello',
      'data:   two blanks',
      'data: a\ndata: \ndata:  b\ndata: ',
      'data: \ndata: \ndata: ',
      'data:  ',
      'data: data: x',
      'data: :',
      'data: é😀',
      done,
    ];
    const sent = frames(reading);
    assert.deepEqual(
      sent.map((frame) => frame.replace(/\nid: .*$/, '')),
      expected,
    );
    for (const frame of sent) assert.match(idOf(frame), new RegExp(`^${generation}:\\d+$`));
  });

  test('reasoning is no part of it', async () => {
    const { messageId } = await chats.question();
    upstream.enqueue(answer('The answer', { reasoning: ['Let', ' me', ' think'] }));
    const reading = await inferWhole(messageId);
    assert.equal(textOf(reading), 'The answer');
    assert.ok(!reading.raw().includes('think'));
  });

  test('a chat means its last Human message; the model sees what was before', async () => {
    const { chatId } = await chats.question('One');
    upstream.enqueue(answer('First'), answer('Second'));
    assert.equal(textOf(await inferWhole(chatId)), 'First');
    // The chat's last Human message has an answer already.
    assert.equal(textOf(await inferWhole(chatId)), 'First');
    await chats.say(chatId, 'Two');
    assert.equal(textOf(await inferWhole(chatId.toUpperCase())), 'Second');
    const asked = upstream.requests.at(-1)?.body?.messages ?? [];
    assert.deepEqual(
      asked.map(({ content }) => content),
      ['Be a test.', 'One', 'First', 'Two'],
    );
    assert.deepEqual(await chats.transcript(chatId), [
      ['Human', 'One'],
      ['Assistant', 'First'],
      ['Human', 'Two'],
      ['Assistant', 'Second'],
    ]);
  });

  test('answering an older message sees its ancestors only', async () => {
    const { chatId, messageId } = await chats.question('One');
    await chats.say(chatId, 'An aside', 'Assistant');
    await chats.say(chatId, 'Two');
    upstream.enqueue(answer('To one'));
    await inferWhole(messageId);
    const asked = upstream.requests.at(-1)?.body?.messages ?? [];
    assert.deepEqual(
      asked.map(({ content }) => content),
      ['Be a test.', 'One'],
    );
  });

  test('it never answers twice: many at once, later, on either endpoint', async () => {
    const { chatId, messageId } = await chats.question();
    const calls = upstream.requests.length;
    const held = gate();
    upstream.enqueue(inTwo(['Once'], held.step, [' only']));
    const paths = Array.from({ length: 12 }, (_, index) =>
      ['inference', 'inference_internet'].map(
        (name) => `/conversations/${name}/${index % 2 === 0 ? messageId : chatId}`,
      ),
    ).flat();
    const readings = await Promise.all(paths.map((path) => app.stream(path, { key })));
    await readings[0]?.until((reading) => textOf(reading) === 'Once');
    held.release();
    await Promise.all(readings.map(({ ended }) => ended));
    assert.equal(new Set(readings.map(generationOf)).size, 1);
    assert.equal(new Set(readings.map((reading) => reading.raw())).size, 1);
    const later = await inferWhole(messageId);
    assert.equal(later.raw(), readings[0]?.raw());
    assert.equal(textOf(later), 'Once only');
    assert.equal(upstream.requests.length, calls + 1);
    assert.equal((await chats.transcript(chatId)).length, 2);
  });

  test('an answer that failed or was cancelled replays whole, and only regenerate tries again', async () => {
    const failed = await chats.question();
    upstream.enqueue(refuse(400));
    const first = await inferWhole(failed.messageId);
    const [[name, data] = []] = namedOf(first);
    assert.equal(name, 'error');
    assert.deepEqual(Object.keys(data), ['code', 'message']);
    assert.equal(data.code, 'provider_error');
    assert.equal((await inferWhole(failed.messageId)).raw(), first.raw());

    const cancelled = await chats.question();
    upstream.enqueue({ steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Half'] }, { do: 'stall' }] });
    const stream = await infer(cancelled.messageId);
    await stream.until((reading) => textOf(reading) === 'Half');
    const path = `/api/generations/${generationOf(stream)}`;
    assert.equal((await app.call(`${path}/cancel`, { method: 'POST', key })).status, 200);
    await stream.ended;
    assert.equal(namedOf(stream).at(-1)?.[0], 'done');
    assert.equal(namedOf(stream).at(-1)?.[1].finish_reason, 'cancelled');
    assert.equal((await inferWhole(cancelled.messageId)).raw(), stream.raw());

    upstream.enqueue(answer('Better'));
    assert.equal((await app.call(`${path}/regenerate`, { method: 'POST', key })).status, 201);
    const newest = await inferWhole(cancelled.messageId);
    assert.equal(textOf(newest), 'Better');
    assert.notEqual(generationOf(newest), generationOf(stream));
  });

  test('Last-Event-ID goes on behind it, from every event; 204 after the last', async () => {
    const { chatId, messageId } = await chats.question();
    upstream.enqueue(answer('One two\nthree four'));
    const live = await inferWhole(messageId);
    const all = frames(live);
    const calls = upstream.requests.length;
    for (const name of ['inference', 'inference_internet']) {
      for (const id of [messageId, chatId]) {
        for (const [index, frame] of all.entries()) {
          const options = { key, headers: { 'last-event-id': idOf(frame) } };
          const path = `/conversations/${name}/${id}`;
          if (index === all.length - 1) {
            const seen = await app.call(path, options);
            assert.deepEqual([seen.status, seen.body], [204, '']);
            continue;
          }
          const rest = await app.stream(path, options);
          await rest.ended;
          assert.deepEqual(frames(rest), all.slice(index + 1));
        }
      }
    }
    const failed = await chats.question();
    upstream.enqueue(refuse(400));
    const error = await inferWhole(failed.messageId);
    const headers = { 'last-event-id': idOf(frames(error).at(-1)) };
    const after = await app.call(`/conversations/inference/${failed.messageId}`, { key, headers });
    assert.equal(after.status, 204);
    assert.equal(upstream.requests.length, calls + 1);
  });

  test('Last-Event-ID decides before path and query, and starts nothing', async () => {
    const { chatId, messageId } = await chats.question();
    upstream.enqueue(answer('One two'));
    const live = await inferWhole(messageId);
    const next = await chats.say(chatId, 'Next');
    const calls = upstream.requests.length;
    const headers = { 'last-event-id': idOf(frames(live)[0]) };
    // The chat has a newer message by now, but the reconnect is for the older one's answer.
    assert.deepEqual(frames(await inferWhole(chatId, { key, headers })), frames(live).slice(1));
    const path = (id: string) => `/conversations/inference/${id}`;
    const odd = await app.stream(`${path(messageId)}?when_busy=sometimes`, { key, headers });
    await odd.ended;
    const elsewhere = await chats.question();
    const answerId = namedOf(live).at(-1)?.[1].id;
    for (const id of [next, elsewhere.chatId, elsewhere.messageId, answerId, 'nonsense']) {
      const { status, body } = await app.call(path(id), { key, headers });
      assert.deepEqual([status, body.code], [400, 'invalid_request'], id);
    }
    for (const cursor of ['nonsense', `${generationOf(live)}:99`, `${generationOf(live)}:2.9`]) {
      const wrong = await app.call(path(messageId), { key, headers: { 'last-event-id': cursor } });
      assert.equal(wrong.status, 400, cursor);
    }
    assert.equal((await app.call(path(messageId), { key: app.testKey, headers })).status, 404);
    assert.equal(upstream.requests.length, calls);
  });

  test('a deleted answer, and only that, is answered anew', async () => {
    const { chatId, messageId } = await chats.question();
    upstream.enqueue(answer('First'), answer('Second'));
    const first = await inferWhole(messageId);
    const answerId = namedOf(first).at(-1)?.[1].id;
    const path = `/conversations/delete/${answerId}`;
    assert.equal((await app.call(path, { method: 'DELETE', key })).status, 200);
    assert.equal((await app.call(`/api/generations/${generationOf(first)}`, { key })).status, 404);
    assert.equal(textOf(await inferWhole(messageId)), 'Second');
    assert.deepEqual(await chats.transcript(chatId), [
      ['Human', 'Talk to me'],
      ['Assistant', 'Second'],
    ]);
  });

  test('deleting a message cancels the answer that is being written for it', async () => {
    for (const which of ['question', 'answer']) {
      const { chatId, messageId } = await chats.question();
      upstream.enqueue({ steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Half'] }, { do: 'stall' }] });
      const stream = await infer(messageId);
      await stream.until((reading) => textOf(reading) === 'Half');
      const { body: list } = await app.call(`/conversations/?chat_id=${chatId}`, { key });
      const id = which === 'question' ? messageId : list[1].id;
      const deleted = await app.call(`/conversations/delete/${id}`, { method: 'DELETE', key });
      assert.equal(deleted.status, 200, JSON.stringify(deleted.body));
      assert.equal(deleted.body.message, which === 'question' ? 'Talk to me' : 'Half');
      assert.equal(await upstream.requests.at(-1)?.closed, 'aborted');
      assert.equal((await app.call(`/conversations/${id}`, { key })).status, 404);
      await stream.ended;
    }
  });

  test('what cannot be answered', async () => {
    const nowhere = '01234567-89ab-7cde-8f01-23456789abcd';
    const calls = upstream.requests.length;
    const refused = async (id: string, query = '') => {
      const { status, body } = await app.call(`/conversations/inference/${id}${query}`, { key });
      return [status, body.code];
    };
    assert.deepEqual(await refused(nowhere), [404, 'not_found']);
    assert.deepEqual(await refused('47'), [400, 'invalid_request']);
    const empty = await chats.chat();
    assert.deepEqual(await refused(empty), [404, 'not_found']);
    const said = await chats.say(empty, 'I am told so', 'Assistant');
    assert.deepEqual(await refused(said), [400, 'invalid_request']);
    assert.deepEqual(await refused(empty), [404, 'not_found']);
    const { messageId } = await chats.question();
    assert.deepEqual(await refused(messageId, '?when_busy=sometimes'), [400, 'invalid_request']);
    const hidden = await app.call(`/conversations/inference/${messageId}`, { key: app.testKey });
    assert.equal(hidden.status, 404);
    assert.equal(upstream.requests.length, calls);
  });

  test('a completed session takes no new message of its own and no new answer, but replays', async () => {
    const { chatId, messageId } = await chats.question('One');
    upstream.enqueue(answer('First'), answer('Anew'));
    const first = await inferWhole(messageId);
    const open = await chats.say(chatId, 'Two');
    const { body: generation } = await app.call(`/api/generations/${generationOf(first)}`, { key });
    await app.harness.place.store.execute('completeSession', {
      scope: app.harness.scope,
      id: generation.session_id,
      now: Date.now(),
    });
    const refused = await app.call(`/conversations/inference/${open}`, { key });
    assert.deepEqual([refused.status, refused.body.code], [409, 'conflict']);
    assert.equal((await inferWhole(messageId)).raw(), first.raw());
    // The chat continues in a new session, without the old history.
    await chats.say(chatId, 'Three');
    assert.equal(textOf(await inferWhole(chatId)), 'Anew');
    const asked = upstream.requests.at(-1)?.body?.messages ?? [];
    assert.deepEqual(
      asked.map(({ content }) => content),
      ['Be a test.', 'Three'],
    );
  });

  test('a busy session is 409 and names the generation; queue says its place, interrupt ends it', async () => {
    const { chatId, messageId } = await chats.question();
    const held = gate();
    upstream.enqueue(inTwo(['Part'], held.step, [' end']), answer('Queued'));
    const running = await infer(messageId);
    await running.until((reading) => textOf(reading) === 'Part');
    const second = await chats.say(chatId, 'And?');
    const busy = await app.call(`/conversations/inference/${second}`, { key });
    assert.equal(busy.status, 409);
    assert.deepEqual([busy.body.code, busy.body.generation_id], ['session_busy', generationOf(running)]);
    const queued = await infer(second, { key }, '?when_busy=queue');
    await queued.until(({ events }) => events.length > 0);
    assert.deepEqual(namedOf(queued), [['status', { status: 'queued', position: 1 }]]);
    assert.match(
      queued.raw(),
      /^event: status\ndata: \{"status":"queued","position":1\}\nid: [0-9a-f-]{36}:1\n\n/,
    );
    // A second request attaches to the same answer.
    const again = await infer(second);
    held.release();
    await Promise.all([running.ended, queued.ended, again.ended]);
    assert.equal(textOf(queued), 'Queued');
    assert.equal(again.raw(), queued.raw());

    const third = await chats.say(chatId, 'Third');
    upstream.enqueue(
      { steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Cut'] }, { do: 'stall' }] },
      answer('Instead'),
    );
    const cut = await infer(third);
    await cut.until((reading) => textOf(reading) === 'Cut');
    const fourth = await chats.say(chatId, 'Fourth');
    const instead = await infer(fourth, { key }, '?when_busy=interrupt');
    await Promise.all([cut.ended, instead.ended]);
    assert.equal(namedOf(cut).at(-1)?.[1].finish_reason, 'cancelled');
    assert.equal(textOf(instead), 'Instead');
  });
});
