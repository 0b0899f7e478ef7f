/** Resuming, cancelling and looking at generations, on both stores. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate } from 'colloquy-testkit/upstream/scripted-upstream';
import { views } from '../../../src/domain/generation.ts';
import { dataOf, generationOf, type SseReading, startTestApp, textOf } from '../http-app.ts';

/** The frames of a stream, by their ids. */
function frames(reading: SseReading): string[] {
  return reading.raw().split('\n\n').slice(0, -1);
}

function idOf(frame: string): string {
  return /^id: (.+)$/m.exec(frame)?.[1] ?? assert.fail(frame);
}

onBothStores('streams', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const key = app.prodKey;
  const { upstream } = app.harness;
  const complete = (body: object = { message: 'Talk to me' }, headers: Record<string, string> = {}) =>
    app.stream('/api/chat/completion/stream', { key, body, headers });

  test('an ended generation replays to the letter, from behind each of its events', async () => {
    upstream.enqueue(answer('One two three four five', { reasoning: ['hm'], intervalMs: 5 }));
    const live = await complete();
    await live.ended;
    const path = `/api/generations/${generationOf(live)}/stream`;
    const whole = await app.stream(path, { key });
    await whole.ended;
    assert.equal(whole.raw(), live.raw());
    assert.equal(whole.response.headers.get('content-location'), path);
    const all = frames(live);
    assert.ok(all.length > 3);
    for (const [index, frame] of all.entries()) {
      const headers = { 'last-event-id': idOf(frame) };
      if (index === all.length - 1) {
        assert.equal((await app.call(path, { key, headers })).status, 204);
        continue;
      }
      const rest = await app.stream(path, { key, headers });
      await rest.ended;
      assert.deepEqual(frames(rest), all.slice(index + 1));
      const byQuery = await app.stream(`${path}?after=${idOf(frame)}`, { key });
      await byQuery.ended;
      assert.equal(byQuery.raw(), rest.raw());
    }
  });

  test('a cursor that was never issued is 400', async () => {
    upstream.enqueue(answer('One two', { reasoning: ['hm'] }));
    const live = await complete();
    await live.ended;
    const generation = generationOf(live);
    const other = generationOf(await complete());
    const path = `/api/generations/${generation}/stream`;
    const issued = new Set<string>();
    for (const view of views) {
      const whole = await app.stream(`${path}?dialect=${view}`, { key });
      await whole.ended;
      for (const frame of frames(whole)) issued.add(idOf(frame));
    }
    const last = Number(idOf(frames(live).at(-1) ?? '').split(':')[1]);
    const places = Array.from({ length: last }, (_, index) => `${generation}:${index + 1}`);
    const possible = places.flatMap((id) => [id, ...[1, 2, 3, 4, 5, 6].map((part) => `${id}.${part}`)]);
    const isPossible = new Set(possible);
    assert.ok([...issued].every((id) => isPossible.has(id) && !id.endsWith('.6')));
    for (const id of issued) {
      const { status } = await app.call(path, { key, headers: { 'last-event-id': id } });
      assert.equal(status, id === `${generation}:${last}` ? 204 : 200, id);
    }
    const wrong = [
      ...possible.filter((id) => !issued.has(id)),
      `${generation}:0`,
      `${generation}:${last + 1}`,
      `${generation}:99999999999999`,
      `${generation.toUpperCase()}:1`,
      `${other}:1`,
      `${generation}`,
      `${generation}:01`,
      `${generation}:1.0`,
      '1',
      'nonsense',
    ];
    for (const cursor of wrong) {
      const { status, body } = await app.call(path, { key, headers: { 'last-event-id': cursor } });
      assert.equal(status, 400, `${cursor}: ${JSON.stringify(body)}`);
      assert.equal(body.code, 'invalid_request');
    }
    // The header is used before the query; an empty header counts as absent.
    const wins = await app.call(`${path}?after=nonsense`, {
      key,
      headers: { 'last-event-id': idOf(frames(live).at(-1) ?? '') },
    });
    assert.equal(wins.status, 204);
    const empty = await app.stream(`${path}?after=`, { key });
    await empty.ended;
    assert.equal(empty.raw(), live.raw());
  });

  test('a reconnect in the middle goes on behind the event, within an event of two frames too', async () => {
    const held = gate();
    upstream.enqueue(
      {
        steps: [
          { do: 'headers' },
          { do: 'tokens', tokens: ['Part'] },
          held.step,
          { do: 'finish' },
          { do: 'end' },
        ],
      },
      answer('Queued'),
    );
    const running = await complete();
    await running.until((reading) => textOf(reading) === 'Part');
    const session = dataOf(running)[0].session_id;
    const queued = await app.stream('/api/chat/continuation/stream', {
      key,
      body: { session, message: 'Two', when_busy: 'queue' },
    });
    await queued.until(({ events }) => events.length === 2);
    const generation = generationOf(queued);
    queued.close();
    const path = `/api/generations/${generation}/stream`;
    const second = await app.stream(path, { key, headers: { 'last-event-id': `${generation}:1.1` } });
    held.release();
    await second.ended;
    assert.deepEqual(dataOf(second)[0], { type: 'queued', position: 1 });
    assert.equal(textOf(second), 'Queued');
    const third = await app.stream(`${path}?after=${generation}:1`, { key });
    await third.ended;
    assert.deepEqual(frames(third), frames(second).slice(1));
    await running.ended;
  });

  test('a repeated POST with Last-Event-ID attaches and starts nothing', async () => {
    upstream.enqueue(answer('One two three'));
    const live = await complete();
    await live.ended;
    const calls = upstream.requests.length;
    const session = dataOf(live)[0].session_id;
    const seen = idOf(frames(live)[1] ?? '');
    const headers = { 'last-event-id': seen };
    const again = await complete({ message: 'Talk to me' }, headers);
    await again.ended;
    assert.deepEqual(frames(again), frames(live).slice(2));
    const path = '/api/chat/continuation/stream';
    const same = await app.stream(path, { key, headers, body: { session, message: 'x' } });
    await same.ended;
    assert.equal(same.raw(), again.raw());
    // `Last-Event-ID` is looked at before the body.
    const invalid = await app.stream(path, { key, headers, body: {} });
    await invalid.ended;
    const other = await app.call(path, {
      key,
      headers,
      body: { session: '01234567-89ab-7cde-8f01-23456789abcd', message: 'x' },
    });
    assert.equal(other.status, 400);
    const foreign = await app.call(path, { key: app.testKey, headers, body: { session, message: 'x' } });
    assert.equal(foreign.status, 404);
    assert.equal(upstream.requests.length, calls);
  });

  test('several viewers of a running generation see the same', async () => {
    const held = gate();
    const rest = Array.from({ length: 50 }, (_, index) => ` ${index}`);
    upstream.enqueue({
      steps: [
        { do: 'headers' },
        { do: 'tokens', tokens: ['Start'] },
        held.step,
        { do: 'tokens', tokens: rest, intervalMs: 1 },
        { do: 'finish' },
        { do: 'end' },
      ],
    });
    const live = await complete();
    await live.until((reading) => textOf(reading) === 'Start');
    const path = `/api/generations/${generationOf(live)}/stream`;
    const viewers = await Promise.all(Array.from({ length: 10 }, () => app.stream(path, { key })));
    held.release();
    await Promise.all([live, ...viewers].map(({ ended }) => ended));
    assert.equal(textOf(live), `Start${rest.join('')}`);
    for (const viewer of viewers) assert.equal(viewer.raw(), live.raw());
  });

  test('cancel ends the stream with what it has, is idempotent, and the call to the model is aborted', async () => {
    upstream.enqueue({ steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Half'] }, { do: 'stall' }] });
    const live = await complete();
    await live.until((reading) => textOf(reading) === 'Half');
    const path = `/api/generations/${generationOf(live)}`;
    const running = await app.call(path, { key });
    assert.equal(running.body.status, 'running');
    assert.equal(running.body.finished_at, null);
    const cancelled = await app.call(`${path}/cancel`, { key, method: 'POST' });
    assert.equal(cancelled.status, 200);
    assert.equal(cancelled.body.status, 'cancelled');
    assert.equal(cancelled.body.finish_reason, 'cancelled');
    await live.ended;
    assert.equal(dataOf(live).at(-1).type, 'done');
    assert.equal(dataOf(live).at(-1).finish_reason, 'cancelled');
    assert.equal(await upstream.requests.at(-1)?.closed, 'aborted');
    const again = await app.call(`${path}/cancel`, { key, body: {} });
    assert.deepEqual(again.body, cancelled.body);
    assert.match(again.body.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  test('a client that goes away cancels nothing', async () => {
    const held = gate();
    upstream.enqueue({
      steps: [
        { do: 'headers' },
        { do: 'tokens', tokens: ['Half'] },
        held.step,
        { do: 'tokens', tokens: [' done'] },
        { do: 'finish' },
        { do: 'end' },
      ],
    });
    const live = await complete();
    await live.until((reading) => textOf(reading) === 'Half');
    live.close();
    const back = await app.stream(`/api/generations/${generationOf(live)}/stream`, { key });
    held.release();
    await back.ended;
    assert.equal(textOf(back), 'Half done');
  });

  test("what is not there, or not one's own, is 404; what is no id, 400", async () => {
    const live = await complete();
    await live.ended;
    const own = `/api/generations/${generationOf(live)}`;
    for (const path of [own, `${own}/stream`]) {
      assert.equal((await app.call(path, { key: app.testKey })).status, 404);
      assert.equal((await app.call(path)).status, 401);
    }
    assert.equal((await app.call(`${own}/cancel`, { method: 'POST', key: app.testKey })).status, 404);
    assert.equal((await app.call('/api/generations/47', { key })).status, 400);
    const nowhere = '/api/generations/01234567-89ab-7cde-8f01-23456789abcd';
    assert.equal((await app.call(nowhere, { key })).status, 404);
    assert.equal((await app.call(`${own}/stream?dialect=klingon`, { key })).status, 400);
  });

  test('access_token works on the stream, for tokens only, and is never logged', async () => {
    const { body } = await app.call('/api/chat/get_token', { key, body: { user_id: 'ada' } });
    const live = await app.stream('/api/chat/completion/stream', {
      token: body.token,
      body: { message: 'Hi' },
    });
    await live.ended;
    const path = `/api/generations/${generationOf(live)}`;
    const byQuery = await app.stream(`${path}/stream?access_token=${body.token}`);
    await byQuery.ended;
    assert.equal(byQuery.raw(), live.raw());
    assert.equal((await app.call(`${path}/stream?access_token=${key}`)).status, 401);
    assert.equal((await app.call(`${path}?access_token=${body.token}`)).status, 401);
    assert.ok(app.logged.length > 0);
    assert.ok(app.logged.every((line) => !line.includes(body.token) && !line.includes(key)));
  });
});
