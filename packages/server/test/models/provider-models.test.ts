/** The list of models that a provider offers. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { listProviderModels } from '../../src/models/provider-models.ts';
import { withVersion1 } from '../../src/models/upstream/address.ts';
import { apiKey, startHarness } from './remote-models.ts';

/** Answers every request with `body`, and remembers the last request. */
async function startList(
  body: unknown,
  status = 200,
): Promise<AsyncDisposable & { url: string; last: () => { url: string; headers: Record<string, unknown> } }> {
  let last = { url: '', headers: {} as Record<string, unknown> };
  const server = createServer((request, response) => {
    last = { url: request.url ?? '', headers: request.headers };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    last: () => last,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('list of models', () => {
  test('names of an OpenAI-compatible server', async () => {
    await using h = await startHarness();
    h.upstream.models = ['llama3.2', 'nomic-embed-text', 'qwen3'];
    const listed = await listProviderModels({
      provider: 'openai-compatible',
      baseUrl: withVersion1(h.upstream.url),
      dispatcher: h.runtime.dispatcher,
    });
    assert.deepEqual(listed, { ok: true, models: [{ name: 'llama3.2' }, { name: 'qwen3' }] });
  });

  test('only what chats, the documented default first, names as they are called', async () => {
    await using h = await startHarness();
    await using server = await startList({
      data: [
        { id: 'models/gemini-2.5-pro' },
        { id: 'models/text-embedding-004' },
        { id: 'models/gemini-flash-latest' },
        { id: 'models/imagen-4' },
        { id: 'models/no-chat', capabilities: { completion_chat: false } },
        { nonsense: 1 },
      ],
    });
    const listed = await listProviderModels({
      provider: 'google',
      baseUrl: server.url,
      apiKey,
      dispatcher: h.runtime.dispatcher,
    });
    assert.deepEqual(listed, {
      ok: true,
      models: [{ name: 'gemini-flash-latest' }, { name: 'gemini-2.5-pro' }],
    });
    assert.equal(server.last().headers.authorization, `Bearer ${apiKey}`);
  });

  test('Anthropic is asked in its own way', async () => {
    await using h = await startHarness();
    await using server = await startList({ data: [{ type: 'model', id: 'claude-x' }] });
    const listed = await listProviderModels({
      provider: 'anthropic',
      baseUrl: server.url,
      apiKey,
      dispatcher: h.runtime.dispatcher,
    });
    assert.deepEqual(listed, { ok: true, models: [{ name: 'claude-x' }] });
    assert.equal(server.last().url, '/v1/models?limit=1000');
    assert.equal(server.last().headers['x-api-key'], apiKey);
  });

  const failures: readonly { name: string; body: unknown; status?: number; says: RegExp }[] = [
    {
      name: 'a refused key',
      body: { error: { message: `bad ${apiKey}` } },
      status: 401,
      says: /refused the key/,
    },
    { name: 'garbage', body: 'nope', says: /instead of a list of models: nope$/ },
    { name: 'another shape', body: { object: 'model' }, says: /no list of models/ },
  ];
  for (const { name, body, status, says } of failures) {
    test(`${name} is an error, not a throw`, async () => {
      await using h = await startHarness();
      await using server = await startList(body, status);
      const listed = await listProviderModels({
        provider: 'openai',
        baseUrl: server.url,
        apiKey,
        dispatcher: h.runtime.dispatcher,
      });
      assert.ok(!listed.ok);
      assert.match(listed.error, says);
      assert.ok(!listed.error.includes(apiKey));
    });
  }

  test('a provider that is not there, or silent, is an error soon', async () => {
    await using h = await startHarness();
    const { dispatcher } = h.runtime;
    const gone = await listProviderModels({
      provider: 'openai',
      baseUrl: 'http://127.0.0.1:1/v1',
      dispatcher,
    });
    assert.ok(!gone.ok);
    assert.match(gone.error, /ECONNREFUSED/);
    const mute = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const baseUrl = `http://127.0.0.1:${(mute.address() as AddressInfo).port}/v1`;
    const silent = await listProviderModels({ provider: 'openai', baseUrl, dispatcher, timeoutMs: 30 });
    mute.closeAllConnections();
    mute.close();
    assert.ok(!silent.ok);
    assert.match(silent.error, /within 30 ms/);
  });
});
