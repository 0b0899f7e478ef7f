/** What a provider says of a failure is read by keys; end users read one sentence by code, without a figure. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { gate, refuse, type Script } from 'colloquy-testkit/upstream/scripted-upstream';
import { generationOf, startTestApp } from '../http-app.ts';

const words = 'moderation flagged it under rule 401';

/** Half an answer, then an error of the provider: not retried, since something was sent on. */
function brokenOff(before: Script['steps'] = []): Script {
  return {
    steps: [
      { do: 'tokens', tokens: ['Half'] },
      ...before,
      { do: 'error', type: 'server_error', message: words },
    ],
  };
}

onBothStores('the reason of a failure', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { upstream } = app.harness;
  const { body: token } = await app.call('/api/chat/get_token', {
    key: app.prodKey,
    body: { user_id: 'ada' },
  });
  const user = { token: token.token as string };

  test('is hidden from an end user in the stream, its resume and the generation', async () => {
    upstream.enqueue(brokenOff());
    const reading = await app.stream('/api/chat/completion/stream', { ...user, body: { message: 'Hi' } });
    await reading.ended;
    const id = generationOf(reading);
    const first = reading.events.find(({ data }) => data.includes('Half'))?.id ?? '';
    for (const dialect of ['chat', 'conversation', 'chats']) {
      const address = `/api/generations/${id}/stream?dialect=${dialect}`;
      const again = await app.stream(address, { ...user, headers: { 'Last-Event-ID': first } });
      await again.ended;
      assert.match(again.raw(), /provider_error/);
      assert.doesNotMatch(again.raw(), /401|moderation/);
      const insider = await app.stream(address, { key: app.prodKey });
      await insider.ended;
      assert.match(insider.raw(), /moderation flagged it under rule 401/);
      assert.equal(insider.events.at(-1)?.id, again.events.at(-1)?.id);
    }
    assert.doesNotMatch(reading.raw(), /401|moderation/);
    const { body: shown } = await app.call(`/api/generations/${id}`, user);
    assert.equal(shown.error.code, 'provider_error');
    assert.doesNotMatch(shown.error.message, /\d|moderation/);
    const { body: whole } = await app.call(`/api/generations/${id}`, { key: app.prodKey });
    assert.match(whole.error.message, /moderation flagged it under rule 401/);
    const { body: cancelled } = await app.call(`/api/generations/${id}/cancel`, { ...user, method: 'POST' });
    assert.doesNotMatch(cancelled.error.message, /\d|moderation/);
  });

  test('viewers of both kinds who watch at once get their own', async () => {
    const held = gate();
    upstream.enqueue(brokenOff([held.step]));
    const mine = await app.stream('/api/chat/completion/stream', { ...user, body: { message: 'Hi' } });
    const address = `/api/generations/${generationOf(mine)}/stream`;
    const readers = [mine];
    for (const as of [user, { key: app.prodKey }, user, { key: app.prodKey }]) {
      readers.push(await app.stream(address, as));
    }
    for (const reader of readers) await reader.until(({ events }) => events.length >= 2);
    held.release();
    for (const reader of readers) await reader.ended;
    const saysWhy = readers.map((reader) => reader.raw().includes(words));
    assert.deepEqual(saysWhy, [false, false, true, false, true]);
  });

  test('is hidden from an end user in a call without a stream', async () => {
    upstream.enqueue(refuse(401, { message: words }), refuse(401, { message: words }));
    const body = { message: 'Hi' };
    const mine = await app.call('/api/chat/completion', { ...user, body });
    assert.equal(mine.status, 502);
    assert.equal(mine.body.code, 'provider_error');
    assert.doesNotMatch(mine.body.error, /\d|moderation/);
    const insider = await app.call('/api/chat/completion', { key: app.prodKey, body });
    assert.match(insider.body.error, /401/);
  });
});
