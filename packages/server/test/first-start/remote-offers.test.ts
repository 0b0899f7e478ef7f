/** Which models of its providers the environment offers. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { MockAgent } from 'undici';
import { listRemoteOffers } from '../../src/first-start/remote-offers.ts';
import { createUpstreamDispatcher } from '../../src/models/upstream/dispatcher.ts';
import { configOf, startListServer } from './model-lists.ts';

describe('offers of providers', () => {
  const dispatcher = createUpstreamDispatcher({ connectMs: 1_000 });
  after(() => dispatcher.destroy());
  const offersOf = async (environment: Readonly<Record<string, string>>) => {
    const [first, ...others] = await listRemoteOffers(configOf(environment), dispatcher);
    assert.deepEqual(others, []);
    return first ?? assert.fail('no provider');
  };
  const namesOf = ({ offers }: Awaited<ReturnType<typeof offersOf>>) => offers.map(({ model }) => model);

  test('chat models alone, a cheap one first, each with its window', async () => {
    await using site = await startListServer({
      data: [
        { id: 'huge-opus', max_model_len: 200_000 },
        { id: 'text-embedding-3' },
        { id: 'small-mini', max_model_len: 4096 },
        { id: 'gpt-image-1' },
      ],
    });
    const found = await offersOf({ OPENAI_BASE_URL: `${site.url}/v1` });
    assert.deepEqual(namesOf(found), ['small-mini', 'huge-opus']);
    const [first] = found.offers;
    assert.deepEqual([first?.contextWindow, first?.contextWindowSource], [4096, 'listed']);
    assert.match(first?.why ?? '', /looks like the cheapest in the list of openai/);
    assert.equal(found.problem, undefined);
  });

  test('the documented default comes first where it is listed', async () => {
    await using site = await startListServer({ data: [{ id: 'gpt-5-nano' }, { id: 'gpt-4.1-mini' }] });
    const { offers } = await offersOf({ OPENAI_BASE_URL: `${site.url}/v1` });
    assert.equal(offers[0]?.model, 'gpt-4.1-mini');
    assert.match(offers[0]?.why ?? '', /documented default of openai/);
    // The window of OpenAI's models is not that of whatever has their names elsewhere.
    assert.equal(offers[0]?.contextWindow, null);
  });

  test('an address without /v1, or with an endpoint, is understood', async () => {
    await using site = await startListServer([{ id: 'one' }]);
    for (const path of ['', '/v1/chat/completions']) {
      const { offers } = await offersOf({ OPENAI_BASE_URL: `${site.url}${path}` });
      assert.deepEqual(
        offers.map(({ model, baseUrl, why }) => [model, baseUrl, why]),
        [['one', `${site.url}/v1`, 'it is the only chat model in the list of openai']],
      );
    }
  });

  const unusable: readonly [what: string, list: unknown, says: RegExp][] = [
    ['an unreadable list', undefined, /500/],
    ['another answer', { object: 'model' }, /no list of models/],
    ['a list without chat models', { data: [{ id: 'nomic-embed-text' }] }, /names no chat model/],
    ['an empty list', { data: [] }, /names no chat model/],
  ];
  for (const [what, list, says] of unusable) {
    test(`${what} at a foreign address offers nothing, and says what to set`, async () => {
      await using site = await startListServer(list);
      for (const [environment, variable] of [
        [{ OPENAI_BASE_URL: `${site.url}/v1` }, 'OPENAI_MODEL'],
        [{ OLLAMA_BASE_URL: site.url }, 'OLLAMA_MODEL'],
      ] as const) {
        const found = await offersOf(environment);
        assert.deepEqual(found.offers, []);
        assert.match(found.problem ?? '', says);
        assert.match(found.problem ?? '', new RegExp(`set ${variable}$`));
        assert.equal(found.unread?.baseUrl, `${site.url}/v1`);
      }
    });
  }

  test('names that are given are offered as they are, with the windows that the server lists', async () => {
    await using site = await startListServer({ data: [{ id: 'b', max_model_len: 2048 }] });
    const environment = { OPENAI_BASE_URL: `${site.url}/v1`, OPENAI_MODEL: 'a-embed, b' };
    const { offers, problem } = await offersOf(environment);
    assert.deepEqual(
      offers.map(({ model, contextWindow, why }) => [model, contextWindow, why]),
      [
        ['a-embed', null, 'OPENAI_MODEL names it'],
        ['b', 2048, 'OPENAI_MODEL names it'],
      ],
    );
    site.list = undefined;
    assert.equal((await offersOf(environment)).offers.length, 2);
    assert.equal(problem, undefined);
  });

  test('at its own address an unreadable list leaves the documented default, where there is one', async () => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    const environment = { OPENAI_API_KEY: 'k', GROQ_API_KEY: 'k', XAI_API_KEY: 'k' };
    const [openai, groq, xai] = await listRemoteOffers(configOf(environment), agent);
    assert.ok(openai && groq && xai);
    assert.deepEqual(namesOf(openai), ['gpt-4.1-mini']);
    assert.deepEqual(
      groq.offers.map(({ model, provider, preset, baseUrl, apiKeyEnv }) => [
        model,
        provider,
        preset,
        baseUrl,
        apiKeyEnv,
      ]),
      [
        [
          'llama-3.3-70b-versatile',
          'openai-compatible',
          'groq',
          'https://api.groq.com/openai/v1',
          'GROQ_API_KEY',
        ],
      ],
    );
    assert.deepEqual(xai.offers, []);
    assert.match(xai.problem ?? '', /set XAI_MODEL$/);
    for (const one of [openai, groq, xai]) assert.ok(one.unread);
    await agent.close();
  });

  test('a provider whose models are named is not asked', async () => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    const named = { DEEPSEEK_API_KEY: 'k', DEEPSEEK_MODEL: 'deepseek-chat' };
    const [found] = await listRemoteOffers(configOf(named), agent);
    assert.deepEqual([found?.offers.length, found?.problem], [1, undefined]);
    await agent.close();
  });
});
