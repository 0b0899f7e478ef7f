/** The hooks in a browser, in StrictMode, on a real server. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { startTestServer, type TestServer } from 'colloquy-testkit/server';
import { chromiumForTests } from 'colloquy-testkit/services';
import { answer as scripted } from 'colloquy-testkit/upstream/scripted-upstream';
import type { Request } from 'playwright-core';
import { Colloquy } from '../../src/index.ts';
import { startPage, type TestPage } from '../page.ts';
import { holding } from '../shown.ts';

const browser = chromiumForTests();

describe('hooks', 'skip' in browser ? browser : {}, () => {
  let server: TestServer;
  let site: TestPage;
  const requests: Request[] = [];
  before(async () => {
    if ('skip' in browser) return;
    server = await startTestServer();
    site = await startPage('./react/chat-page.ts', server, browser.path);
    site.page.on('request', (request) => {
      requests.push(request);
    });
  });
  after(async () => {
    await site?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });
  afterEach(() => {
    requests.length = 0;
    assert.deepEqual(site.complaints, []);
  });

  const click = (name: string) => site.page.getByRole('button', { name, exact: true }).click();
  /** Resolves once the list shows these texts, in this status. */
  const shows = (status: string, texts: readonly string[]) =>
    site.page.waitForFunction(
      ([state, wanted]) =>
        document.querySelector('#status')?.textContent === state &&
        [...document.querySelectorAll('li')].map((line) => line.textContent).join('|') === wanted,
      [status, texts.join('|')],
    );
  const counts = () =>
    site.page.evaluate(() => {
      const { counts, frames } = window as unknown as { counts: Record<string, number>; frames: number };
      return { counts: { ...counts }, frames };
    });
  const sent = (method: string, path: RegExp) =>
    requests.filter((request) => request.method() === method && path.test(request.url())).length;

  test('StrictMode sends once', async () => {
    server.upstream.enqueue(scripted('Good day.'));
    await site.open();
    await shows('ready', []);
    await click('send');
    await shows('ready', ['Hello', 'Good day.']);
    assert.equal(sent('POST', /\/api\/chat\/completion\/stream/), 1);
    assert.equal(sent('GET', /\/api\/generations\//), 0);
    assert.equal(server.upstream.requests.length, 1);
  });

  test('two views of a session share a connection, which ends when both have gone', async () => {
    const colloquy = new Colloquy({ baseUrl: server.url, apiKey: server.prodKey });
    const { token } = await colloquy.tokens.create({ userId: 'ann' });
    const ann = new Colloquy({ baseUrl: server.url, token });
    const held = holding(server);
    const answer = ann.send('Hello').start();
    while (answer.text === '') await new Promise(setImmediate);
    const session = answer.session?.sessionId ?? '';
    await site.open(`?session=${session}`);
    await shows('streaming', ['Hello', 'Half ']);
    assert.equal(await site.page.locator('pre').textContent(), 'streaming\nHello\nHalf ');
    assert.equal(sent('GET', /\/messages\?/), 1);
    assert.equal(sent('GET', /\/stream\?/), 1);
    const ended = site.page.waitForEvent('requestfailed', (request) => /\/stream\?/.test(request.url()));
    await click('hide');
    await ended;
    await click('show');
    await shows('streaming', ['Hello', 'Half ']);
    held.release();
    await shows('ready', ['Hello', 'Half done']);
    assert.equal(server.upstream.requests.at(-1)?.lastUserMessage, 'Hello');

    await site.open(`?session=${session}&hydrate`);
    await site.page.waitForFunction(() => document.querySelectorAll('li').length === 2);
    assert.deepEqual(await site.page.locator('li').allTextContents(), ['Hello', 'Half done']);
  });

  test('what one tab says the other one shows, without asking all the time', async () => {
    const colloquy = new Colloquy({ baseUrl: server.url, apiKey: server.prodKey });
    const { token } = await colloquy.tokens.create({ userId: 'ann' });
    server.upstream.enqueue(scripted('Good day.'));
    const { sessionId } = await new Colloquy({ baseUrl: server.url, token }).send('Hello');
    await site.open(`?session=${sessionId}`);
    await shows('ready', ['Hello', 'Good day.']);
    const tab = await site.page.context().newPage();
    const asked: string[] = [];
    tab.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (request.method() !== 'OPTIONS') asked.push(`${request.method()} ${pathname}`);
    });
    await tab.goto(site.page.url());
    const pre = (text: string) =>
      tab.waitForFunction((wanted) => document.querySelector('pre')?.textContent === wanted, text);
    await pre('ready\nHello\nGood day.');
    asked.length = 0;
    const held = holding(server);
    await click('send');
    await pre('streaming\nHello\nGood day.\nHello\nHalf ');
    held.release();
    await pre('ready\nHello\nGood day.\nHello\nHalf done');
    await shows('ready', ['Hello', 'Good day.', 'Hello', 'Half done']);
    assert.deepEqual(
      asked.map((one) => one.replace(/[0-9a-f-]{36}/, 'id')),
      ['GET /api/chat/sessions/id/messages', 'GET /api/generations/id/stream'],
    );
    await tab.close();
  });

  test('200 tokens a second render one line, at most once a frame', async () => {
    server.upstream.enqueue(scripted('Before'));
    await site.open();
    await click('send');
    await shows('ready', ['Hello', 'Before']);
    const words = Array.from({ length: 400 }, (_, n) => `w${n} `);
    server.upstream.enqueue(scripted(words.join(''), { tokens: words, intervalMs: 5 }));
    await click('send');
    await site.page.waitForFunction(() => document.querySelectorAll('li')[3]?.textContent?.startsWith('w0'));
    const first = await counts();
    await shows('ready', ['Hello', 'Before', 'Hello', words.join('')]);
    const last = await counts();
    const rendered = (what: string): number => (last.counts[what] ?? 0) - (first.counts[what] ?? 0);
    const frames = last.frames - first.frames;
    // StrictMode renders each time twice.
    assert.ok(rendered('line assistant w0 ') > 20, JSON.stringify(last.counts));
    assert.ok(
      rendered('line assistant w0 ') / 2 <= frames + 1,
      `${JSON.stringify(last.counts)}, ${frames} frames`,
    );
    assert.equal(rendered('line assistant Bef'), 0);
    assert.equal(rendered('line user Hel'), 0);
    // The status changes once.
    assert.ok(rendered('list') <= 4, `${rendered('list')}`);
    console.log(`${words.length} tokens, ${rendered('line assistant w0 ') / 2} renders, ${frames} frames`);
  });
});
