/** Regenerating and continuing by hand, on both stores. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestServer } from 'colloquy-testkit/server';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';

interface Generation {
  readonly id: string;
  readonly status: string;
  readonly message_id: string;
}

onBothStores('another try at an answer', async (engine) => {
  const server = await startTestServer(engine);
  after(() => server[Symbol.asyncDispose]());
  const { url, prodKey, upstream } = server;
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${url}${path}`, { ...init, headers: { 'x-api-key': prodKey, ...init.headers } });
  const begin = async (): Promise<{ id: string; session: string }> => {
    const response = await call('/api/chat/completion/stream', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ message: 'Tell me', max_tokens: 50 }),
    });
    const text = await response.text();
    return {
      id: /id: ([0-9a-f-]+):/.exec(text)?.[1] ?? '',
      session: /"session_id":"([^"]+)"/.exec(text)?.[1] ?? '',
    };
  };
  const textOf = (stream: string): string =>
    [...stream.matchAll(/^data: (.*)$/gm)]
      .map((match) => JSON.parse(match[1] ?? '{}') as { type: string; content?: string })
      .map((event) => (event.type === 'token' ? (event.content ?? '') : ''))
      .join('');

  test('regenerating makes a second answer to the same message, and keeps the first', async () => {
    upstream.enqueue(answer('first'), answer('second'), answer('third'));
    const { id, session } = await begin();
    const response = await call(`/api/generations/${id}/regenerate`, { method: 'POST' });
    assert.equal(response.status, 201);
    const again = (await response.json()) as Generation;
    assert.equal(response.headers.get('location'), `/api/generations/${again.id}/stream`);
    const stream = await (await call(`/api/generations/${again.id}/stream`)).text();
    assert.equal(textOf(stream), 'second');
    assert.equal(textOf(await (await call(`/api/generations/${id}/stream`)).text()), 'first');
    await call('/api/chat/continuation', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ session, message: 'and?' }),
    });
    const history = upstream.requests.at(-1)?.body?.messages?.map((message) => message.content);
    assert.deepEqual(history, ['Be helpful.', 'Tell me', 'second', 'and?']);
  });

  test('continuing begins with the earlier text and goes on', async () => {
    upstream.enqueue(answer('Once upon', { finishReason: 'length' }), answer(' a time'));
    const { id } = await begin();
    const response = await call(`/api/generations/${id}/continue`, {
      method: 'POST',
      headers: { accept: 'text/event-stream' },
    });
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
    assert.equal(textOf(await response.text()), 'Once upon a time');
    assert.ok(upstream.requests.at(-1)?.body?.messages?.some((message) => message.content === 'Once upon'));
  });

  test('a repeated streaming call with a Last-Event-ID is a reconnect, and answers nothing anew', async () => {
    upstream.enqueue(answer('of another turn'), answer('first'), answer('second try'));
    const { id: otherId } = await begin();
    const { id } = await begin();
    const again = (cursor: string, path = id) =>
      call(`/api/generations/${path}/regenerate`, {
        method: 'POST',
        headers: { accept: 'text/event-stream', ...(cursor !== '' && { 'last-event-id': cursor }) },
      });
    const whole = await (await again('')).text();
    const before = upstream.requests.length;
    const cursors = [...whole.matchAll(/^id: (.*)$/gm)].map((match) => match[1] ?? '');
    const rest = await again(cursors[1] ?? '');
    assert.equal(rest.status, 200);
    assert.equal(
      await rest.text(),
      whole
        .slice(whole.indexOf(`${cursors[1]}\n\n`))
        .split('\n\n')
        .slice(1)
        .join('\n\n'),
    );
    assert.equal((await again(cursors.at(-1) ?? '')).status, 204);
    assert.equal((await again(cursors[1] ?? '', otherId)).status, 400);
    assert.equal(upstream.requests.length, before);
  });

  test('a complete answer is not continued, and one key makes one new answer', async () => {
    upstream.enqueue(answer('all'), answer('anew'));
    const { id } = await begin();
    const refused = await call(`/api/generations/${id}/continue`, { method: 'POST' });
    assert.equal(refused.status, 409);
    const before = upstream.requests.length;
    const headers = { 'idempotency-key': 'once' };
    const all = await Promise.all(
      [1, 2, 3].map(async () => {
        const response = await call(`/api/generations/${id}/regenerate`, { method: 'POST', headers });
        return ((await response.json()) as Generation).id;
      }),
    );
    assert.equal(new Set(all).size, 1);
    await (await call(`/api/generations/${all[0]}/stream`)).text();
    assert.equal(upstream.requests.length, before + 1);
  });
});
