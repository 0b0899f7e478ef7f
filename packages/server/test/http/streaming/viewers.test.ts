/** `viewers`: how many streams of generations a caller may have open, in every dialect. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { answer, gate } from 'colloquy-testkit/upstream/scripted-upstream';
import { inTwo } from '../dialects/chats/chats-app.ts';
import { generationOf, type SseReading, startTestApp } from '../http-app.ts';

const app = await startTestApp('sqlite');
const { upstream, persona } = app.harness;

/** Opens streams of one generation that does not end until `release`. */
async function hold(key: string): Promise<{ first: SseReading; path: string; release(): void }> {
  const held = gate();
  upstream.enqueue(inTwo(['One'], held.step, [' two']));
  const first = await app.stream('/api/chat/completion/stream', { key, body: { message: 'Hi' } });
  return { first, path: `/api/generations/${generationOf(first)}/stream`, release: () => held.release() };
}

const newKey = (viewers: number) =>
  app.key('prod', { default_persona_id: persona.personaId, limits: { viewers } });

/** Waits until as many viewers may open as are free of all. */
async function untilFree(key: string, expected: string): Promise<void> {
  for (;;) {
    const { headers } = await app.call('/chats/', { key });
    if (headers.get('ratelimit')?.includes(`"key.viewers";r=${expected}`)) return;
    await nextTurn();
  }
}

describe('viewers', () => {
  after(() => app[Symbol.asyncDispose]());

  test('one too many is refused in every dialect, and starts no answer', async () => {
    const { key } = await newKey(2);
    const { first, path, release } = await hold(key);
    const second = await app.stream(path, { key });
    const calls = upstream.requests.length;
    const chat = (await app.call('/chats/create', { key, body: { name: 'x' } })).body;
    const said = { chat_id: chat.id, role: 'Human', message: 'Hi' };
    const message = (await app.call('/conversations/create', { key, body: said })).body;
    const generation = generationOf(first);
    const refused = [
      await app.call(path, { key }),
      await app.call(path, { key, headers: { 'last-event-id': first.events[0]?.id ?? '' } }),
      await app.call('/api/chat/completion/stream', { key, body: { message: 'Hi' } }),
      await app.call(`/conversations/inference/${message.id}`, { key }),
      await app.call(`/api/generations/${generation}/regenerate`, {
        key,
        body: {},
        headers: { accept: 'text/event-stream' },
      }),
    ];
    for (const { status, body, headers } of refused) {
      assert.equal(status, 429, JSON.stringify(body));
      assert.equal(body.code, 'rate_limited');
      assert.deepEqual(body.limit, { name: 'viewers', subject: 'key' });
      assert.equal(headers.get('ratelimit'), `"key.viewers";r=0;t=${headers.get('retry-after')}`);
    }
    assert.equal(upstream.requests.length, calls);
    // A look that opens no stream needs no viewer.
    assert.equal((await app.call(path, { key, method: 'HEAD' })).status, 200);
    assert.equal((await app.call(`/api/generations/${generation}`, { key })).status, 200);
    second.close();
    await untilFree(key, '1');
    release();
    await first.ended;
    await untilFree(key, '2');
    const replay = await app.stream(path, { key });
    await replay.ended;
    await untilFree(key, '2');
  });

  test('an error gives its viewer back', async () => {
    const { key } = await newKey(1);
    for (let i = 0; i < 3; i++) {
      const body = { message: 'Hi', persona: { alias: 'nobody' } };
      assert.equal((await app.call('/api/chat/completion/stream', { key, body })).status, 404);
    }
    await untilFree(key, '1');
  });

  test('a limit that is lowered while streams run refuses new ones and ends none', async () => {
    const { id, key } = await newKey(3);
    const { first, path, release } = await hold(key);
    const second = await app.stream(path, { key });
    const keys = `/organizations/${app.harness.scope.organizationId}/keys/${id}`;
    assert.equal((await app.admin('PATCH', keys, { limits: { viewers: 1 } })).status, 200);
    assert.equal((await app.call(path, { key })).status, 429);
    second.close();
    release();
    await first.ended;
    await untilFree(key, '1');
    const last = await app.stream(path, { key });
    await last.ended;
  });

  test('an end user has twenty, whichever key the token came from', async () => {
    const { key } = await app.key('prod');
    const { token } = (
      await app.call('/api/chat/get_token', { key, body: { user_id: 'ada', persona: { alias: 'test' } } })
    ).body;
    const held = gate();
    upstream.enqueue(inTwo(['One'], held.step, [' two']));
    const first = await app.stream('/api/chat/completion/stream', { token, body: { message: 'Hi' } });
    const path = `/api/generations/${generationOf(first)}/stream`;
    const more = await Promise.all(Array.from({ length: 19 }, () => app.stream(path, { token })));
    const refused = await app.call(path, { token });
    assert.deepEqual(refused.body.limit, { name: 'viewers', subject: 'end_user' });
    held.release();
    await Promise.all([first, ...more].map(({ ended }) => ended));
  });

  test('clients that vanish give theirs back, whenever they do', async () => {
    const { key } = await newKey(1000);
    upstream.setDefault(answer('Fine'));
    const { port } = new URL(app.url);
    const body = JSON.stringify({ message: 'Hi' });
    const head =
      'POST /api/chat/completion/stream HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
      `X-API-Key: ${key}\r\nContent-Length: ${body.length}\r\n\r\n`;
    const whole = head + body;
    const vanish = async (bytes: number, turns: number): Promise<void> => {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => undefined);
      await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
      socket.write(whole.slice(0, bytes));
      for (let i = 0; i < turns; i++) await nextTurn();
      socket.resetAndDestroy();
    };
    const vanishing: Promise<void>[] = [];
    for (const bytes of [head.length, head.length + 5, whole.length])
      for (let turns = 0; turns < 40; turns += 1) vanishing.push(vanish(bytes, turns));
    await Promise.all(vanishing);
    await untilFree(key, '1000');
  });
});
