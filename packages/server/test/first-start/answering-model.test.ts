/** What the greeting says of the model that answers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestServer } from 'colloquy-testkit/server';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { pino } from 'pino';
import { startServer } from '../../src/server.ts';
import { configOf, startListServer } from './model-lists.ts';

const start = async (environment: Record<string, string>) => startTestServer('sqlite', { environment });

test('it names the model and why, and each list was asked for once', async () => {
  await using site = await startListServer({ data: [{ id: 'flagship-pro' }, { id: 'little-mini' }] });
  await using app = await start({ OPENAI_BASE_URL: `${site.url}/v1` });
  assert.deepEqual(app.server.answering, [
    'Answers come from little-mini (openai): it looks like the cheapest in the list of openai.',
  ]);
  assert.deepEqual(site.asked, ['/v1/models']);
});

test('a model that is named', async () => {
  await using site = await startListServer(undefined);
  await using app = await start({ OPENAI_BASE_URL: `${site.url}/v1`, OPENAI_MODEL: 'mine' });
  assert.deepEqual(app.server.answering, ['Answers come from mine (openai): OPENAI_MODEL names it.']);
});

test('it says so when only the guide answers, and what keeps a model from it', async () => {
  await using alone = await start({});
  const [only, ...others] = alone.server.answering;
  assert.deepEqual(others, []);
  assert.match(
    only ?? '',
    /^Only the guide .* no language model\. .*OPENAI_API_KEY.*GROQ_API_KEY.*OLLAMA_BASE_URL/,
  );
  await using site = await startListServer(undefined);
  await using foreign = await start({ OPENAI_BASE_URL: `${site.url}/v1` });
  const [problem, guide] = foreign.server.answering;
  assert.match(
    problem ?? '',
    /^The list of models of openai at .*\/v1 can't be used \(.*500.*\): set OPENAI_MODEL\.$/,
  );
  assert.match(guide ?? '', /^Only the guide/);
});

test('a list that can’t be read at a later start leaves what it offered before', async () => {
  await using site = await startListServer({ data: [{ id: 'first-mini' }, { id: 'second' }] });
  await using app = await start({ OPENAI_BASE_URL: `${site.url}/v1` });
  const offeredBy = async (server: typeof app.server) =>
    (
      await server.store.reads
        .selectFrom('model')
        .select(['model', 'is_active'])
        .where('from_environment', '=', 1)
        .orderBy('id')
        .execute()
    ).map(({ model, is_active }) => [model, is_active]);
  const before = await offeredBy(app.server);
  assert.deepEqual(before, [
    ['first-mini', 1],
    ['second', 1],
    ['guide', 1],
  ]);
  await app.server[Symbol.asyncDispose]();
  site.list = undefined;
  const environment = serverEnvironment(app.place, { OPENAI_BASE_URL: `${site.url}/v1` });
  await using again = await startServer(configOf(environment), { log: pino({ level: 'silent' }) });
  assert.deepEqual(await offeredBy(again), before);
  assert.match(
    again.answering.at(-1) ?? '',
    /^Answers come from first-mini .* offered at an earlier start\.$/,
  );
});
