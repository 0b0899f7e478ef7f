/** Research of a server in a process of its own: a file that ends its parser costs nothing but itself. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openStream } from 'colloquy-testkit/event-stream';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { spawnServer } from 'colloquy-testkit/server-process';
import { administer, makeTenant } from 'colloquy-testkit/tenants';
import { answer, startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';
import { pdfBomb } from 'colloquy-testkit/web/hostile-pdfs';
import { serve, startSearchServer } from 'colloquy-testkit/web/small-web';
import { gardenPage, towerFact, towerPage } from 'colloquy-testkit/web/small-web-pages';

const question = 'How high is the Vellmar tower?';
const size = 2 * 1024 * 1024;
const slowWords = Array.from({ length: 60 }, (_, index) => ` w${index}`);

const bodies: Readonly<Record<string, readonly [type: string, body: string | Buffer, encoding?: string]>> = {
  '/signs': ['text/html', gzipSync('>'.repeat(size)), 'gzip'],
  '/plain-signs': ['text/html', '&'.repeat(size)],
  '/bomb.pdf': ['application/pdf', pdfBomb()],
  '/tower': ['text/html', towerPage],
  '/garden': ['text/html', gardenPage],
};

onBothStores('foreign files', (engine) => {
  test('a research with killers among its pages reads the others, and the server stays', async (t) => {
    const place = await emptyPlace(engine);
    await using upstream = await startScriptedUpstream();
    upstream.setDefault(({ body, lastUserMessage }) => {
      if (lastUserMessage === 'Slowly')
        return answer(slowWords.join(''), { tokens: slowWords, intervalMs: 50 });
      return answer(
        JSON.stringify(body?.messages).includes(towerFact) ? 'It is 74 metres high' : 'I do not know',
      );
    });
    await using web = await serve('127.0.0.1', (request, response) => {
      const [type, body, encoding] = bodies[request.url ?? ''] ?? [];
      if (type === undefined) return void response.writeHead(404).end();
      response.writeHead(200, { 'content-type': type, ...(encoding && { 'content-encoding': encoding }) });
      response.end(body);
    });
    const paths = Object.keys(bodies);
    await using search = await startSearchServer(() =>
      paths.map((path) => ({ url: `${web.url}${path}`, title: path, content: '' })),
    );
    const server = await spawnServer(
      serverEnvironment(place, { SEARXNG_URL: search.url, INTERNET_ALLOWED_NETWORKS: '127.0.0.1/32' }),
    );
    t.after(async () => {
      await server[Symbol.asyncDispose]();
      await rm(place.dataDir, { recursive: true, force: true });
    });
    const { prodKey } = await makeTenant(server.url, upstream);
    const headers = { 'x-api-key': prodKey };
    const other = await openStream({
      url: `${server.url}/api/chat/completion/stream`,
      headers,
      body: { message: 'Slowly' },
    });
    const research = await askTheWeb(server.url, prodKey);
    assert.equal(await research.closed, 'ended');
    const said = research.frames.map(({ raw }) => raw).join('');
    assert.match(said, /"sources":\[\{[^\]]*\/tower"/);
    assert.ok(upstream.requests.some(({ body }) => JSON.stringify(body).includes(towerFact)));
    assert.equal(await other.closed, 'ended');
    assert.ok(slowWords.every((word) => other.frames.some(({ raw }) => raw.includes(word.trim()))));

    const warnings = server
      .output()
      .split('\n')
      .filter((line) => line.includes('a file from the web ended the process that parsed it'))
      .map((line) => JSON.parse(line) as { level: number; cause: string; reason: string });
    // On a slow machine it is the time that ends it.
    assert.ok(warnings.length > 0 && warnings.every(({ cause }) => /^(memory|time)$/.test(cause)));
    assert.ok(
      warnings.every(({ level, reason }) => level === 40 && /MB of memory|not done within/.test(reason)),
    );
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    const counted = [...metrics.matchAll(/^colloquy_extraction_losses_total\{cause="\w+"\} (\d+)$/gm)];
    assert.equal(counted.length, 5);
    assert.equal(
      counted.reduce((sum, [, count]) => sum + Number(count), 0),
      warnings.length,
    );
  });

  test('killed in the middle of research, the answer goes on without fetching again', async (t) => {
    const place = await emptyPlace(engine);
    await using upstream = await startScriptedUpstream();
    upstream.setDefault(answer('From memory'));
    // The page never ends, so the research is under way when the server is killed.
    await using web = await serve('127.0.0.1', (request, response) => {
      if (request.url !== '/endless') response.writeHead(404).end();
      else response.writeHead(200, { 'content-type': 'text/html' }).write('<p>It begins');
    });
    await using search = await startSearchServer(() => [
      { url: `${web.url}/endless`, title: 'Endless', content: '' },
    ]);
    const environment = serverEnvironment(place, {
      SEARXNG_URL: search.url,
      INTERNET_ALLOWED_NETWORKS: '127.0.0.1/32',
    });
    let server = await spawnServer(environment);
    t.after(async () => {
      await server[Symbol.asyncDispose]();
      await rm(place.dataDir, { recursive: true, force: true });
    });
    const { prodKey, organizationId, modelId } = await makeTenant(server.url, upstream);
    await administer(server.url, 'PATCH', `/organizations/${organizationId}/models/${modelId}`, {
      can_continue: true,
    });
    const reading = await askTheWeb(server.url, prodKey);
    await web.asked('/endless');
    server.signal('SIGKILL');
    await server.exited;
    await reading.closed;
    const generation = String(reading.headers['content-location']);
    server = await spawnServer(environment);
    const after = await openStream({ url: `${server.url}${generation}`, headers: { 'x-api-key': prodKey } });
    assert.equal(await after.closed, 'ended');
    const said = after.frames.map(({ raw }) => raw).join('');
    assert.match(said, /"sources":\[\],"notice":"The server stopped while it searched/);
    assert.match(said, /memory/);
    assert.equal(web.requests.filter(({ path }) => path === '/endless').length, 1);
  });
});

/** Asks the question in a new chat, and opens the answer from the internet. */
async function askTheWeb(url: string, key: string): ReturnType<typeof openStream> {
  const headers = { 'x-api-key': key };
  const post = async (path: string, body: object): Promise<string> => {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert.equal(response.status, 201, await response.clone().text());
    return ((await response.json()) as { readonly id: string }).id;
  };
  const chatId = await post('/chats/create', { name: 'Towers' });
  const messageId = await post('/conversations/create', {
    chat_id: chatId,
    role: 'Human',
    message: question,
  });
  return openStream({ url: `${url}/conversations/inference_internet/${messageId}`, headers });
}
