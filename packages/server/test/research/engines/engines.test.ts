/** The search engines against servers that answer in their formats. */
import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { serve, startSearchServer } from 'colloquy-testkit/web/small-web';
import { Agent } from 'undici';
import { createBrave } from '../../../src/research/engines/brave.ts';
import type { SearchEngine } from '../../../src/research/engines/engine.ts';
import { SearchError } from '../../../src/research/engines/engine-request.ts';
import { mergeHits, searchAll } from '../../../src/research/engines/merge-hits.ts';
import { languageOf } from '../../../src/research/engines/query-language.ts';
import { createSearxng } from '../../../src/research/engines/searxng.ts';
import { createTavily } from '../../../src/research/engines/tavily.ts';
import { createWikipedia } from '../../../src/research/engines/wikipedia.ts';

const dispatcher = new Agent();
after(() => dispatcher.destroy());
const options = { dispatcher, userAgent: 'Colloquy/0.1 (test)' };

function search(engine: SearchEngine, query: string, limit = 5) {
  return engine.search(query, { limit, signal: AbortSignal.timeout(30_000) });
}

function answerJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

const parameters = (request: IncomingMessage) => new URL(request.url ?? '/', 'http://x').searchParams;

test('SearXNG: hits as plain text, in order, only http(s), without credentials, at most as many as wanted', async () => {
  await using server = await startSearchServer(() => [
    { url: 'https://user:pw@one.test/a#b', title: 'One <b>bold</b>\u200b', content: 'x &amp; &#121;' },
    { url: 'javascript:alert(1)', title: 'Bad', content: '' },
    { url: 'http://two.test/', title: '', content: '' },
    { url: 'http://three.test/', title: 'Three', content: '' },
  ]);
  const hits = await search(createSearxng({ ...options, baseUrl: `${server.url}/` }), 'höhe & turm', 2);
  assert.deepEqual(hits, [
    { url: 'https://one.test/a', title: 'One bold', snippet: 'x & y' },
    { url: 'http://two.test/', title: 'two.test', snippet: '' },
  ]);
  assert.equal(new URL(server.requests[0]?.path ?? '', server.url).searchParams.get('q'), 'höhe & turm');
  assert.match(server.requests[0]?.headers['user-agent'] ?? '', /^Colloquy/);
});

test('SearXNG: credentials of its address go as Basic authentication', async () => {
  await using server = await startSearchServer(() => []);
  const baseUrl = server.url.replace('//', '//me:s%20cret@');
  assert.deepEqual(await search(createSearxng({ ...options, baseUrl }), 'x'), []);
  assert.equal(
    server.requests[0]?.headers.authorization,
    `Basic ${Buffer.from('me:s cret').toString('base64')}`,
  );
});

test('a refusal, another format, a redirect, and no server at all are SearchErrors', async () => {
  const answers: readonly ((response: ServerResponse) => void)[] = [
    (response) => response.writeHead(403).end('<html>'),
    (response) => response.writeHead(200).end('<html>'),
    (response) => answerJson(response, { error: 'x' }),
    (response) => answerJson(response, null),
    (response) => response.writeHead(302, { location: '/elsewhere' }).end(),
    (response) => response.destroy(),
  ];
  for (const [index, answer] of answers.entries()) {
    await using server = await serve('127.0.0.1', (_request, response) => answer(response));
    await assert.rejects(
      search(createSearxng({ ...options, baseUrl: server.url }), 'x'),
      SearchError,
      String(index),
    );
    assert.equal(server.requests.length, 1);
  }
  const gone = await startSearchServer(() => []);
  await gone[Symbol.asyncDispose]();
  await assert.rejects(search(createSearxng({ ...options, baseUrl: gone.url }), 'x'), SearchError);
});

test('Brave: the key goes in its header, and an answer without web results is an empty one', async () => {
  await using server = await serve('127.0.0.1', (request, response) => {
    assert.equal(request.headers['x-subscription-token'], 'key');
    const results = [{ title: 'T', url: 'https://t.test/', description: 'is <strong>high</strong>' }];
    answerJson(
      response,
      parameters(request).get('q') === 'tower' ? { web: { results } } : { type: 'search' },
    );
  });
  const engine = createBrave({ ...options, apiKey: 'key', baseUrl: server.url });
  assert.deepEqual(await search(engine, 'tower'), [
    { title: 'T', url: 'https://t.test/', snippet: 'is high' },
  ]);
  assert.deepEqual(await search(engine, 'nothing'), []);
});

test('Tavily: a POST with the key as bearer', async () => {
  const bodies: unknown[] = [];
  await using server = await serve('127.0.0.1', async (request, response) => {
    assert.equal(request.headers.authorization, 'Bearer key');
    bodies.push(JSON.parse(await text(request)));
    answerJson(response, { results: [{ title: 'T', url: 'https://t.test/', content: 'c', score: 0.9 }] });
  });
  const engine = createTavily({ ...options, apiKey: 'key', baseUrl: server.url });
  assert.deepEqual(await search(engine, 'tower', 3), [{ title: 'T', url: 'https://t.test/', snippet: 'c' }]);
  assert.deepEqual(bodies, [{ query: 'tower', max_results: 3, search_depth: 'basic' }]);
});

test("Wikipedia: in the query's language, and with any of the words where no page has all", async () => {
  const asked: string[] = [];
  await using server = await serve('127.0.0.1', (request, response) => {
    const query = parameters(request).get('srsearch') ?? '';
    asked.push(query);
    const found = [{ title: 'Turm von Köln', snippet: 'Der <span class="searchmatch">Turm</span>' }];
    answerJson(response, { query: { search: query.includes(' OR ') ? found : [] } });
  });
  const languages: string[] = [];
  const baseUrl = (language: string) => {
    languages.push(language);
    return server.url;
  };
  const hits = await search(createWikipedia({ ...options, baseUrl }), 'Wie hoch ist der Turm von Köln?');
  assert.deepEqual(hits, [
    { title: 'Turm von Köln', url: `${server.url}/wiki/Turm_von_K%C3%B6ln`, snippet: 'Der Turm' },
  ]);
  assert.deepEqual(asked, ['Wie hoch ist der Turm von Köln?', 'hoch OR Turm OR Köln']);
  assert.deepEqual(languages, ['de']);
});

test('the language of a query is seen by its script or its small words, else it is the fallback', () => {
  const table: readonly (readonly [string, string])[] = [
    ['What is the height of the tower?', 'en'],
    ['Wer hat die Glühbirne erfunden und wann?', 'de'],
    ['Quelle est la hauteur de la tour des Alpes ?', 'fr'],
    ['エッフェル塔の高さ', 'ja'],
    ['埃菲尔铁塔高度', 'zh'],
    ['высота башни', 'ru'],
    ['висота вежі', 'uk'],
    ['Eiffel', 'xx'],
    ['', 'xx'],
  ];
  for (const [query, language] of table) assert.equal(languageOf(query, 'xx'), language, query);
});

test('what several queries find rises, one page stands once, and a failing query leaves the others', async () => {
  const hit = (url: string, snippet = 's') => ({ url, title: url, snippet });
  const merged = mergeHits(
    [
      [hit('https://a.test/'), hit('https://www.b.test/x/?utm_source=y', ''), hit('https://c.test/')],
      [hit('http://b.test/x')],
    ],
    2,
  );
  assert.deepEqual(merged, [hit('http://b.test/x'), hit('https://a.test/')]);
  const engine: SearchEngine = {
    name: 'half',
    search: async (query) => {
      if (query === 'bad') throw new SearchError('no');
      return [hit('https://a.test/')];
    },
  };
  const outcome = await searchAll(engine, ['bad', 'good'], { limit: 5, signal: AbortSignal.timeout(1_000) });
  assert.equal(outcome.hits.length, 1);
  assert.equal(outcome.failures.length, 1);
});
