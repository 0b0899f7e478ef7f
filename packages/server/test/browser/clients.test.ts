/** The usual client libraries ride through a restart of the server without losing or repeating a character. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { fetchEventSource } from '@microsoft/fetch-event-source';
import { EventSource } from 'eventsource';
import { firstHalfText, startRestartable, wholeText } from './restartable.ts';

test('eventsource: the answer to the letter, and it stops by itself', async () => {
  await using server = await startRestartable(true);
  const source = new EventSource(`${server.url}/conversations/inference/${await server.ask()}`);
  after(() => source.close());
  let text = '';
  const half = Promise.withResolvers<void>();
  const done = Promise.withResolvers<string>();
  const closed = Promise.withResolvers<void>();
  source.onmessage = ({ data }) => {
    text += data;
    if (text === firstHalfText) half.resolve();
  };
  source.addEventListener('done', ({ data }) => done.resolve(data));
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) closed.resolve();
  };
  await half.promise;
  await server.restart();
  assert.equal(JSON.parse(await done.promise).finish_reason, 'stop');
  assert.equal(text, wholeText);
  await closed.promise;
  assert.equal(text, wholeText);
  assert.equal(server.calls(), 2);
});

test('@microsoft/fetch-event-source: a POST that it repeats attaches to its answer', async (t) => {
  await using server = await startRestartable(true);
  Object.assign(globalThis, {
    window: globalThis,
    document: { hidden: false, addEventListener() {}, removeEventListener() {} },
  });
  t.after(() => {
    Reflect.deleteProperty(globalThis, 'window');
    Reflect.deleteProperty(globalThis, 'document');
  });
  const { key } = await server.personaKey();
  let text = '';
  const types: string[] = [];
  const half = Promise.withResolvers<void>();
  const ended = fetchEventSource(`${server.url}/api/chat/completion/stream`, {
    method: 'POST',
    headers: { 'X-API-Key': key, 'Content-Type': 'application/json' },
    body: JSON.stringify({ message: 'Hello?' }),
    onmessage({ data }) {
      // The library delivers comments as messages without data.
      if (data === '') return;
      const event = JSON.parse(data);
      if (event.type !== 'token') types.push(event.type);
      else text += event.content;
      if (text === firstHalfText) half.resolve();
    },
    onerror: () => 200,
  });
  await half.promise;
  await server.restart();
  await ended;
  assert.equal(text, wholeText);
  assert.deepEqual(types, ['session_created', 'done']);
});
