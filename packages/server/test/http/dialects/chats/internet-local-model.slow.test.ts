/**
 * `inference_internet` with a real language model, if there is one: the whole way from the search to an answer. The
 * answer's content is not tested, since the model is small; other tests check that pages stay inside the fence.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { startSearchServer, startSmallWeb } from 'colloquy-testkit/web/small-web';
import { pino } from 'pino';
import { catalog } from '../../../../src/catalog.ts';
import { parseConfig } from '../../../../src/config/config.ts';
import { startServer } from '../../../../src/server.ts';
import { openReading } from '../../http-app.ts';
import { namedOf, textOf } from './chats-app.ts';

const sharedModel = fileURLToPath(
  new URL('../../../../../../../shared/models/SmolLM2-135M-Instruct.Q4_1.gguf', import.meta.url),
);
const model = process.env.COLLOQUY_TEST_MODEL ?? sharedModel;
const skip = existsSync(model) ? false : `no model at ${model}; COLLOQUY_TEST_MODEL names another`;

test('a real local model answers from the pages that were found', { skip, timeout: 120_000 }, async () => {
  await using web = await startSmallWeb();
  const hits = ['/injection', '/tower'].map((path) => ({ url: web.url + path, title: path, content: '' }));
  await using search = await startSearchServer(() => hits);
  const dataDir = await mkdtemp(join(tmpdir(), 'colloquy-test-'));
  const place = { dataDir, databaseUrl: undefined };
  const { config, problems } = parseConfig(
    serverEnvironment(place, {
      COLLOQUY_LOCAL_MODEL: model,
      SEARXNG_URL: search.url,
      INTERNET_ALLOWED_NETWORKS: '127.0.0.1/32',
    }),
    catalog,
  );
  assert.ok(config !== undefined, JSON.stringify(problems));
  const server = await startServer(config, { log: pino({ level: 'silent' }) });
  try {
    await server.localModelSettled;
    const post = async (path: string, body: object): Promise<{ id: string }> => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(server.url + path, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      assert.equal(response.status, 201);
      return (await response.json()) as { id: string };
    };
    const chat = await post('/chats/create', { name: 'Towers' });
    const message = 'How high is the Vellmar tower?';
    const { id } = await post('/conversations/create', { chat_id: chat.id, role: 'Human', message });
    const reading = await openReading({ url: `${server.url}/conversations/inference_internet/${id}` });
    await reading.ended;
    const named = namedOf(reading);
    const found = named.find(([name]) => name === 'sources')?.[1] as
      | { sources: { url: string }[] }
      | undefined;
    const urls = found?.sources.map(({ url }) => url) ?? [];
    assert.ok(urls.includes(`${web.url}/tower`), urls.join());
    assert.notEqual(textOf(reading).trim(), '');
    assert.equal(named.filter(([name]) => name === 'done').length, 1);
  } finally {
    await server[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true, force: true });
  }
});
