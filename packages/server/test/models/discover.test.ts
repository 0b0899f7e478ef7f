/** Looking for an API at the address that somebody gave. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, test } from 'node:test';
import { adviceFor, findInList } from '../../src/models/advice.ts';
import { discoverModels } from '../../src/models/discover.ts';
import { createUpstreamDispatcher } from '../../src/models/upstream/dispatcher.ts';

const list = JSON.stringify({ data: [{ id: 'small', max_model_len: 4096 }, { id: 'large' }] });

/** A server whose answers are set by path; others are a 404 page. */
async function startSite(answers: Readonly<Record<string, [status: number, body: string] | 'silence'>>) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    seen.push(path);
    const answer = answers[path] ?? [404, '<html>not here</html>'];
    if (answer === 'silence') return;
    response.writeHead(answer[0], { 'content-type': 'application/json' }).end(answer[1]);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('discovery', () => {
  const dispatcher = createUpstreamDispatcher({ connectMs: 1_000 });
  after(() => dispatcher.destroy());
  const common = { provider: 'openai-compatible', dispatcher } as const;
  const refused: [number, string] = [401, '{"error":{"message":"no key"}}'];

  const cases: readonly {
    readonly name: string;
    readonly answers: Parameters<typeof startSite>[0];
    readonly given: string;
    readonly found: string;
    readonly isFound: boolean;
  }[] = [
    {
      name: 'it is there',
      answers: { '/v1/models': [200, list] },
      given: '/v1',
      found: '/v1',
      isFound: true,
    },
    { name: 'without /v1', answers: { '/v1/models': [200, list] }, given: '', found: '/v1', isFound: true },
    { name: 'with a slash', answers: { '/v1/models': [200, list] }, given: '/', found: '/v1', isFound: true },
    {
      name: 'an endpoint',
      answers: { '/v1/models': [200, list] },
      given: '/v1/chat/completions',
      found: '/v1',
      isFound: true,
    },
    {
      name: 'an endpoint without /v1',
      answers: { '/v1/models': [200, list] },
      given: '/chat/completions',
      found: '/v1',
      isFound: true,
    },
    {
      name: 'OpenRouter’s page',
      answers: { '/models': [200, '<html>'], '/api/v1/models': [200, list] },
      given: '',
      found: '/api/v1',
      isFound: true,
    },
    {
      name: 'both, as llama.cpp has them',
      answers: { '/models': [200, list], '/v1/models': [200, list] },
      given: '',
      found: '',
      isFound: true,
    },
    {
      name: 'Ollama’s own API',
      answers: { '/v1/models': [200, list] },
      given: '/api',
      found: '/v1',
      isFound: true,
    },
    {
      name: 'a list of models',
      answers: { '/models': [200, list] },
      given: '/models',
      found: '',
      isFound: true,
    },
    {
      name: 'a key is wanted below /v1 only',
      answers: { '/v1/models': refused },
      given: '',
      found: '/v1',
      isFound: true,
    },
    {
      name: 'a key is wanted everywhere',
      answers: { '/models': refused, '/v1/models': refused },
      given: '',
      found: '',
      isFound: true,
    },
    {
      name: 'a failing server',
      answers: { '/models': [500, '{}'], '/v1/models': refused },
      given: '',
      found: '',
      isFound: false,
    },
    { name: 'no API', answers: {}, given: '/x', found: '/x', isFound: false },
  ];
  for (const { name, answers, given, found, isFound } of cases) {
    test(name, async () => {
      await using site = await startSite(answers);
      const discovery = await discoverModels({ ...common, baseUrl: `${site.url}${given}` });
      assert.deepEqual([discovery.baseUrl, discovery.isFound], [`${site.url}${found}`, isFound]);
      if (discovery.list.ok) {
        assert.deepEqual(discovery.list.models, [{ name: 'small', contextWindow: 4096 }, { name: 'large' }]);
      }
    });
  }

  test('a silent server is given up in time, and one that is away at once', async () => {
    await using site = await startSite({ '/models': 'silence', '/v1/models': 'silence' });
    const silent = await discoverModels({ ...common, baseUrl: `${site.url}/llm`, timeoutMs: 50 });
    assert.deepEqual([silent.isFound, silent.baseUrl], [false, `${site.url}/llm`]);
    const away = await discoverModels({ ...common, baseUrl: 'http://127.0.0.1:1' });
    assert.ok(!away.isFound && !away.list.ok);
  });

  test('Anthropic and Azure have their own rules, and headers and query are sent', async () => {
    await using site = await startSite({
      '/v1/models?limit=1000&tag=x': [200, list],
      '/openai/models?api-version=2024-10-21': [200, list],
    });
    const anthropic = { provider: 'anthropic', baseUrl: site.url, query: { tag: 'x' }, dispatcher } as const;
    assert.ok((await discoverModels(anthropic)).isFound);
    const azure = { provider: 'azure', query: { 'api-version': '2024-10-21' }, dispatcher } as const;
    const deployment = `${site.url}/openai/deployments/d`;
    const found = await discoverModels({ ...azure, baseUrl: `${deployment}/chat/completions` });
    assert.deepEqual([found.isFound, found.baseUrl], [true, deployment]);
    assert.equal(site.seen.length, 2);
  });

  test('advice', async () => {
    await using site = await startSite({ '/v1/models': [200, list] });
    await using closed = await startSite({ '/v1/models': refused });
    const adviceAt = async (url: string, model: string, apiKey?: string) => {
      const server = { provider: 'openai-compatible', baseUrl: url, apiKey } as const;
      const discovery = await discoverModels({ ...server, dispatcher });
      return { advice: adviceFor(model, server, discovery), found: findInList(model, discovery) };
    };
    const moved = await adviceAt(site.url, 'small');
    assert.equal(moved.advice, `the API was found at ${site.url}/v1: set base_url to it`);
    assert.deepEqual(moved.found, {
      baseUrl: `${site.url}/v1`,
      models: 2,
      isListed: true,
      contextWindow: 4096,
    });
    const unlisted = await adviceAt(`${site.url}/v1`, 'huge');
    assert.equal(unlisted.advice, 'the server does not list the model huge; it lists small, large');
    assert.equal(unlisted.found.isListed, false);
    assert.match((await adviceAt(`${site.url}/x/v1`, 'x')).advice ?? '', /check base_url$/);
    assert.match((await adviceAt(`${closed.url}/v1`, 'x')).advice ?? '', /set api_key/);
    assert.match((await adviceAt(`${closed.url}/v1`, 'x', 'wrong')).advice ?? '', /refuses the key/);
    assert.equal((await adviceAt('http://127.0.0.1:1/v1', 'x')).advice, null);
    assert.equal((await adviceAt(`${site.url}/v1`, 'small')).advice, null);
  });
});
