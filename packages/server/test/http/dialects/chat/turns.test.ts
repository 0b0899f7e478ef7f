/** The chat dialect's turns, streamed and whole, on both stores. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { dataOf, generationOf, startTestApp, textOf } from '../../http-app.ts';

const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12, provenance: 'reported' };

onBothStores('chat turns', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());

  const complete = (body: object, more: object = {}) =>
    app.stream('/api/chat/completion/stream', { key: app.prodKey, body, ...more });

  test('a completion streams session_created, tokens and done', async () => {
    app.harness.upstream.enqueue(answer('Hello there'));
    const reading = await complete({ message: 'Talk to me' });
    await reading.ended;
    const events = dataOf(reading);
    assert.deepEqual(events[0], { type: 'session_created', session_id: events[0].session_id });
    assert.equal(textOf(reading), 'Hello there');
    assert.deepEqual(events.at(-1), { type: 'done', usage, finish_reason: 'stop' });
    const { headers, status } = reading.response;
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'text/event-stream; charset=utf-8');
    assert.equal(headers.get('cache-control'), 'no-cache, no-transform');
    assert.equal(headers.get('x-accel-buffering'), 'no');
    assert.match(headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
    const generation = generationOf(reading);
    for (const event of reading.events) assert.match(event.id ?? '', new RegExp(`^${generation}:\\d+$`));
  });

  test('a continuation says session_continued, and the model sees what came before', async () => {
    app.harness.upstream.enqueue(answer('First answer'), answer('Second answer'));
    const first = await complete({ message: 'One' });
    await first.ended;
    const session = dataOf(first)[0].session_id;
    const second = await app.stream('/api/chat/continuation/stream', {
      key: app.prodKey,
      body: { session, message: 'Two\r\nlines\rhere' },
    });
    await second.ended;
    assert.deepEqual(dataOf(second)[0], { type: 'session_continued', session_id: session });
    const messages = app.harness.upstream.requests.at(-1)?.body?.messages ?? [];
    assert.deepEqual(
      messages.map(({ content }) => content),
      ['Be a test.', 'One', 'First answer', 'Two\nlines\nhere'],
    );
  });

  test('session_id is accepted as well; without one the answer names session', async () => {
    app.harness.upstream.enqueue(answer('a'), answer('b'));
    const first = await app.call('/api/chat/completion', { key: app.prodKey, body: { message: 'One' } });
    const second = await app.call('/api/chat/continuation', {
      key: app.prodKey,
      body: { session_id: first.body.session_id.toUpperCase(), message: 'Two' },
    });
    assert.equal(second.status, 200);
    assert.equal(second.body.session_id, first.body.session_id);
    const none = await app.call('/api/chat/continuation/stream', {
      key: app.prodKey,
      body: { message: 'Talk to me' },
    });
    assert.equal(none.status, 400);
    assert.deepEqual(none.body, {
      ...{ error: 'session is required', message: 'session is required' },
      ...{ code: 'invalid_request', field: 'session' },
    });
  });

  test('without a stream the answer comes whole', async () => {
    app.harness.upstream.enqueue(answer('Hello there'));
    const { status, body } = await app.call('/api/chat/completion', {
      key: app.prodKey,
      body: { message: 'Talk to me' },
    });
    assert.equal(status, 200);
    const { session_id, message_id, ...rest } = body;
    assert.match(session_id, /^[0-9a-f-]{36}$/);
    assert.match(message_id, /^[0-9a-f-]{36}$/);
    const twice = { rg_response: { response: 'Hello there', tokens_used: 12 } };
    assert.deepEqual(rest, { response: 'Hello there', ...twice, usage, finish_reason: 'stop' });
  });

  test('reasoning is no part of the content', async () => {
    app.harness.upstream.enqueue(answer('The answer', { reasoning: ['Let', ' me', ' think'] }));
    const reading = await complete({ message: 'Think' });
    await reading.ended;
    assert.equal(textOf(reading), 'The answer');
    assert.ok(!reading.raw().includes('think'));
  });

  test('a failing model is an error event after the stream began, and 502 before', async () => {
    app.harness.upstream.enqueue(refuse(400), refuse(400));
    const reading = await complete({ message: 'Fail' });
    await reading.ended;
    const last = dataOf(reading).at(-1);
    assert.equal(last.type, 'error');
    assert.equal(last.code, 'provider_error');
    assert.equal(typeof last.message, 'string');
    const whole = await app.call('/api/chat/completion', { key: app.prodKey, body: { message: 'Fail' } });
    assert.equal(whole.status, 502);
    assert.equal(whole.body.code, 'provider_error');
  });

  test('a busy session is 409 and names the generation; queue waits, interrupt ends what runs', async () => {
    const { step, release } = gate();
    app.harness.upstream.enqueue(
      {
        steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Part'] }, step, { do: 'finish' }, { do: 'end' }],
      },
      answer('Queued'),
    );
    const running = await complete({ message: 'One' });
    await running.until(({ events }) => events.length >= 2);
    const session = dataOf(running)[0].session_id;
    const next = (body: object) => ({ key: app.prodKey, body: { session, message: 'Two', ...body } });
    const busy = await app.call('/api/chat/continuation', next({}));
    assert.equal(busy.status, 409);
    assert.equal(busy.body.code, 'session_busy');
    assert.equal(busy.body.generation_id, generationOf(running));
    const queued = await app.stream('/api/chat/continuation/stream', next({ when_busy: 'queue' }));
    await queued.until(({ events }) => events.length === 2);
    const generation = generationOf(queued);
    assert.deepEqual(
      queued.events.map(({ id }) => id),
      [`${generation}:1.1`, `${generation}:1`],
    );
    assert.deepEqual(dataOf(queued)[1], { type: 'queued', position: 1 });
    release();
    await Promise.all([running.ended, queued.ended]);
    assert.equal(textOf(queued), 'Queued');

    app.harness.upstream.enqueue(
      { steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Half'] }, { do: 'stall' }] },
      answer('Instead'),
    );
    const stopped = await app.stream('/api/chat/continuation/stream', next({}));
    await stopped.until((reading) => textOf(reading) === 'Half');
    const instead = await app.stream('/api/chat/continuation/stream', next({ when_busy: 'interrupt' }));
    await Promise.all([stopped.ended, instead.ended]);
    assert.equal(dataOf(stopped).at(-1).finish_reason, 'cancelled');
    assert.equal(textOf(instead), 'Instead');
  });

  test('an Idempotency-Key attaches to the first call, streams included; another body is 409', async () => {
    app.harness.upstream.enqueue(answer('Only once'));
    const calls = app.harness.upstream.requests.length;
    const headers = { 'idempotency-key': `turn-${storeEngine}` };
    const first = await complete({ message: 'Once', max_tokens: 5 }, { headers });
    await first.ended;
    const again = await complete({ max_tokens: 5, message: 'Once' }, { headers });
    await again.ended;
    assert.equal(again.raw(), first.raw());
    assert.equal(app.harness.upstream.requests.length, calls + 1);
    const other = await app.call('/api/chat/completion/stream', {
      key: app.prodKey,
      body: { message: 'Twice' },
      headers,
    });
    assert.equal(other.status, 409);
    assert.equal(other.body.code, 'idempotency_mismatch');
    const empty = await app.call('/api/chat/completion', {
      key: app.prodKey,
      body: { message: 'x' },
      headers: { 'idempotency-key': 'x'.repeat(256) },
    });
    assert.equal(empty.status, 400);
  });

  test('max_tokens goes to the model', async () => {
    await (await complete({ message: 'Short', max_tokens: 7 })).ended;
    const { body } = app.harness.upstream.requests.at(-1) ?? {};
    assert.ok(JSON.stringify(body).includes('7'));
    assert.equal(body?.max_completion_tokens ?? body?.max_tokens, 7);
  });

  test('a token talks for its user, and sees only that user', async () => {
    const token = async (user_id: string): Promise<string> => {
      const { status, body } = await app.call('/api/chat/get_token', {
        key: app.prodKey,
        body: { user_id },
      });
      assert.equal(status, 200);
      assert.ok(body.expires_at > Date.now() / 1000);
      return body.token;
    };
    const [ada, ben] = [await token('ada'), await token('ben')];
    const first = await app.stream('/api/chat/completion/stream', { token: ada, body: { message: 'Hi' } });
    await first.ended;
    const session = dataOf(first)[0].session_id;
    const body = { session, message: 'And?' };
    assert.equal((await app.call('/api/chat/continuation', { token: ada, body })).status, 200);
    assert.equal((await app.call('/api/chat/continuation', { token: ben, body })).status, 404);
    assert.equal((await app.call('/api/chat/continuation', { key: app.testKey, body })).status, 404);
    const generation = `/api/generations/${generationOf(first)}`;
    assert.equal((await app.call(generation, { token: ada })).status, 200);
    assert.equal((await app.call(generation, { token: ben })).status, 404);
    const refused = await app.call('/api/chat/get_token', { token: ada, body: { user_id: 'eve' } });
    assert.equal(refused.status, 403);
  });
});
