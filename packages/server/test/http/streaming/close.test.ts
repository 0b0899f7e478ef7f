/** Closing the app: streams end, nothing hangs, and the client can come back behind its last event. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestApp, textOf } from '../http-app.ts';

test('close ends open streams without a terminal event', async () => {
  const app = await startTestApp('sqlite');
  app.harness.upstream.enqueue({
    steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Half'] }, { do: 'stall' }],
  });
  const reading = await app.stream('/api/chat/completion/stream', {
    key: app.prodKey,
    body: { message: 'x' },
  });
  await reading.until((one) => textOf(one) === 'Half');
  await app[Symbol.asyncDispose]();
  await reading.ended;
  assert.ok(!reading.raw().includes('"type":"done"') && !reading.raw().includes('"type":"error"'));
  assert.ok(reading.raw().endsWith('\n\n'));
});
