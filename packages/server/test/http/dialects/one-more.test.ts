/** A dialect made of nothing but a `DialectModule`: its streams begin, resume and are shown like those of any other. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate } from 'colloquy-testkit/upstream/scripted-upstream';
import { Type } from 'typebox';
import type { Dialect } from '../../../src/domain/generation.ts';
import { userText } from '../../../src/generation/turn.ts';
import { errorEnvelope } from '../../../src/http/answer/errors.ts';
import type { DialectModule } from '../../../src/http/dialects/dialect-module.ts';
import { dialectRegistry } from '../../../src/http/dialects/registry.ts';
import { addRoutes, route } from '../../../src/http/routing/route.ts';
import { type Codec, hidden } from '../../../src/http/streaming/codec.ts';
import { isNoReconnect } from '../../../src/http/streaming/cursor.ts';
import { generationOf, type SseReading, startTestApp } from '../http-app.ts';
import { inTwo } from './chats/chats-app.ts';

/** The cast is needed because the type allows only the server's own dialects. */
const name = 'plain' as string as Dialect;

/** A codec that shows the answer piece by piece, and at its end the whole text and its length in two frames. */
const plainCodec: Codec<string> = {
  begin: () => '',
  readsDeltas: true,
  advance: (text, event) => (typeof event === 'string' ? text + event : text),
  frames(event, text) {
    if (typeof event === 'string') return `data: ${event}\n`;
    if (event.type === 'end') return [`event: text\ndata: ${text}\n`, `event: end\ndata: ${text.length}\n`];
    return event.type === 'error' ? `event: error\ndata: ${event.code}\n` : hidden;
  },
};

const plain: DialectModule = {
  name,
  tag: { name, description: 'Plain text.' },
  prefixes: ['/plain'],
  envelope: (error) => ({ ...errorEnvelope(error), dialect: name }),
  codec: plainCodec,
  routes:
    ({ turns }) =>
    async (app) =>
      addRoutes(app, [
        route({
          method: 'POST',
          path: '/plain/turns',
          access: 'writer',
          schema: {
            tags: [name],
            operationId: 'plainTurn',
            summary: 'Answer a text',
            body: Type.Object({ text: Type.String(), model_id: Type.String() }),
          },
          writes: isNoReconnect,
          preValidation: (request, reply) => turns.reconnect(request, reply, { dialect: name }),
          async handler(request, reply) {
            const { text, model_id: modelId } = request.body;
            const target = { kind: 'new-conversation', modelId, messages: userText(text) } as const;
            return turns.stream(request, reply, name, () =>
              turns.accept(request, { target, dialect: name, whenBusy: 'reject' }),
            );
          },
        }),
      ]),
};

/** The frames behind a cursor; where the dialect lacks that frame of an event, all of the event comes. */
function behind(reading: SseReading, cursor: string): string[] {
  const frames = reading.raw().split(/(?<=\n\n)/);
  const at = reading.events.findIndex(({ id }) => id === cursor);
  if (at >= 0) return frames.slice(at + 1);
  const seqOf = (id = ''): number => Number.parseInt(id.split(':')[1] ?? assert.fail(id), 10);
  const firstSeq = seqOf(cursor) + (cursor.includes('.') ? 0 : 1);
  return frames.filter((_, index) => seqOf(reading.events[index]?.id) >= firstSeq);
}

onBothStores('a dialect more', async (storeEngine) => {
  const app = await startTestApp(storeEngine, { dialects: { ...dialectRegistry, [name]: plain } });
  after(() => app[Symbol.asyncDispose]());
  const key = app.prodKey;
  const { upstream, modelId } = app.harness;
  const body = { text: 'Hi', model_id: modelId };

  test('its stream resumes behind each of its events, at both addresses', async () => {
    const held = gate();
    upstream.enqueue(inTwo(['One', ' two'], held.step, [' three']));
    const reading = await app.stream('/plain/turns', { key, body });
    await reading.until(({ events }) => events.length === 2);
    const stream = `/api/generations/${generationOf(reading)}/stream`;
    const live = await app.stream(stream, { key, headers: { 'last-event-id': reading.events[0]?.id ?? '' } });
    held.release();
    await Promise.all([reading.ended, live.ended]);
    assert.deepEqual(
      reading.events.map(({ event, data }) => [event, data]),
      [
        ['message', 'One'],
        ['message', ' two'],
        ['message', ' three'],
        ['text', 'One two three'],
        ['end', '13'],
      ],
    );
    const framesBehind = (count: number): string => reading.raw().split('\n\n').slice(count).join('\n\n');
    assert.equal(live.raw(), framesBehind(1));
    for (const [index, { id = '' }] of reading.events.entries()) {
      const headers = { 'last-event-id': id };
      if (index === reading.events.length - 1) {
        assert.equal((await app.call(stream, { key, headers })).status, 204);
        assert.equal((await app.call('/plain/turns', { key, body, headers })).status, 204);
        continue;
      }
      for (const [path, more] of [[stream, {}] as const, ['/plain/turns', { body }] as const]) {
        const rest = await app.stream(path, { key, headers, ...more });
        await rest.ended;
        assert.equal(rest.raw(), framesBehind(index + 1), `${path} behind ${id}`);
      }
    }
  });

  test('the other dialects show it, from its cursors too, and a cursor that none issues is refused', async () => {
    upstream.enqueue(answer('Hello'));
    const reading = await app.stream('/plain/turns', { key, body });
    await reading.ended;
    const stream = `/api/generations/${generationOf(reading)}/stream`;
    const [piece, wholeText] = reading.events;
    assert.match(wholeText?.id ?? '', /\.1$/);
    for (const dialect of Object.keys(dialectRegistry)) {
      for (const { id = '' } of [piece, wholeText].filter((event) => event !== undefined)) {
        const whole = await app.stream(`${stream}?dialect=${dialect}`, { key });
        const rest = await app.stream(`${stream}?dialect=${dialect}`, {
          key,
          headers: { 'last-event-id': id },
        });
        await Promise.all([whole.ended, rest.ended]);
        assert.equal(rest.raw(), behind(whole, id).join(''), `${dialect} behind ${id}`);
      }
    }
    const refused = await app.call(stream, { key, headers: { 'last-event-id': `${piece?.id}.9` } });
    assert.equal(refused.status, 400);
  });

  test('its errors, and what is unknown below its prefix, have its envelope; the document has its section', async () => {
    const invalid = await app.call('/plain/turns', { key, body: {} });
    assert.deepEqual([invalid.status, invalid.body.dialect], [400, 'plain']);
    const unknown = await app.call('/plain/nothing', { key });
    assert.deepEqual([unknown.status, unknown.body.dialect], [404, 'plain']);
    const { body: document } = await app.call('/docs/openapi.json');
    assert.deepEqual(document.paths['/plain/turns'].post.tags, ['plain']);
    assert.ok(document.tags.some((tag: { name: string }) => tag.name === 'plain'));
  });
});
