/** Where something is missing that most platforms have. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { startTestServer, type TestServer } from 'colloquy-testkit/server';
import { gate, answer as scripted } from 'colloquy-testkit/upstream/scripted-upstream';
import { Colloquy } from '../src/index.ts';
import { type FlakyProxy, startFlakyProxy } from './flaky-proxy.ts';

const text = Array.from({ length: 60 }, (_, n) => `Wort${n} 💡\n`).join('');

let server: TestServer;
let proxy: FlakyProxy;
before(async () => {
  server = await startTestServer();
  proxy = await startFlakyProxy(() => server.url);
});
after(async () => {
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
beforeEach(() => {
  proxy.requests.length = 0;
  server.upstream.setDefault(() => scripted(text));
});

test('a fetch without streams gives the answer as a whole, says so once, and it can be stopped', async (t) => {
  const warn = t.mock.method(console, 'warn', () => undefined);
  // As React Native's own.
  const whole: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    Object.defineProperty(response, 'body', { value: undefined });
    return response;
  };
  const native = new Colloquy({ baseUrl: proxy.url, apiKey: server.prodKey, fetch: whole });
  const answer = native.send('Hello');
  const events: string[] = [];
  for await (const event of answer) if (event.type === 'text') events.push(event.text);
  assert.equal(events.join(''), text);
  assert.equal((await answer).finishReason, 'stop');
  const held = gate();
  server.upstream.setDefault(() => ({
    steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Half '] }, held.step],
  }));
  const stopped = native.send('Hello');
  await stopped.stop();
  assert.equal((await stopped).finishReason, 'cancelled');
  held.release();
  assert.equal(warn.mock.callCount(), 1);
  assert.match(String(warn.mock.calls[0]?.arguments[0]), /expo\/fetch/);
});

test('a page without TLS, which has no randomUUID, sends once too', async (t) => {
  Object.defineProperty(crypto, 'randomUUID', { value: undefined, configurable: true });
  t.after(() => Reflect.deleteProperty(crypto, 'randomUUID'));
  const colloquy = new Colloquy({ baseUrl: proxy.url, apiKey: server.prodKey });
  const before = server.upstream.requests.length;
  proxy.misdeeds.push({ swallow: true });
  assert.equal((await colloquy.send('Once')).text, text);
  const keys = new Set(proxy.requests.map(({ headers }) => headers['idempotency-key']));
  assert.equal(keys.size, 1);
  assert.match([...keys].join(), /^[0-9a-z]{20,}$/);
  assert.equal(server.upstream.requests.length - before, 1);
});
