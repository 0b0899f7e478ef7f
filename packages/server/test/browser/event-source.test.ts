/** A page of ten lines with `EventSource`, in a real browser, while the server restarts in the middle of an answer. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chromiumForTests } from 'colloquy-testkit/services';
import { type Browser, chromium, type Page } from 'playwright-core';
import { firstHalfText, type Restartable, startRestartable, wholeText } from './restartable.ts';

const found = chromiumForTests();
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The ten lines, as somebody would write them who only knows the address. */
const pageOf = (id: string): string => `<!doctype html>
<meta charset="utf-8">
<title>Waiting</title>
<pre></pre>
<script>
  const source = new EventSource('/conversations/inference/${id}');
  source.onmessage = ({ data }) => { document.querySelector('pre').textContent += data; };
  source.addEventListener('done', ({ data }) => { document.title = 'Done'; window.end = JSON.parse(data); });
  source.addEventListener('error', ({ data }) => { if (data) { document.title = 'Error'; window.end = JSON.parse(data); } });
</script>`;

describe('EventSource in a browser', 'skip' in found ? found : {}, () => {
  let browser: Browser;
  before(async () => {
    if ('skip' in found) return;
    browser = await chromium.launch({ executablePath: found.path, args: flags });
  });
  after(() => browser?.close());

  /** The page, on the server's own origin, once the first half of the answer stands in it. */
  async function openPage(server: Restartable, messageId: string): Promise<Page> {
    const page = await browser.newPage();
    const address = `${server.url}/page.html`;
    await page.route(address, (route) =>
      route.fulfill({ contentType: 'text/html; charset=utf-8', body: pageOf(messageId) }),
    );
    await page.goto(address);
    await page.waitForFunction((text) => document.querySelector('pre')?.textContent === text, firstHalfText, {
      timeout: 20_000,
    });
    return page;
  }

  /** Waits until the page has closed its source by itself, after the server has answered that nothing follows. */
  async function closedByItself(page: Page): Promise<void> {
    await page.waitForFunction('source.readyState === EventSource.CLOSED', undefined, { timeout: 20_000 });
  }

  const textIn = (page: Page): Promise<string | null> => page.locator('pre').textContent();

  test('shows the answer, survives a restart in the midst, and stops by itself at the end', async () => {
    await using server = await startRestartable(true);
    const messageId = await server.ask();
    const page = await openPage(server, messageId);
    await server.restart();
    await page.waitForFunction("document.title === 'Done'", undefined, { timeout: 30_000 });
    assert.equal(await textIn(page), wholeText);
    await closedByItself(page);
    assert.equal(await textIn(page), wholeText);
    const [, stored] = await server.stored(messageId);
    assert.equal(stored?.message, wholeText);
    const end = (await page.evaluate('window.end')) as { finish_reason: string };
    assert.equal(end.finish_reason, 'stop');
    assert.equal(server.calls(), 2);
    await page.close();
  });

  test('an answer that cannot go on is told as interrupted, with what there is of it', async () => {
    await using server = await startRestartable(false);
    const messageId = await server.ask();
    const page = await openPage(server, messageId);
    await server.restart();
    await page.waitForFunction("document.title === 'Error'", undefined, { timeout: 30_000 });
    const end = (await page.evaluate('window.end')) as { code: string };
    assert.equal(end.code, 'interrupted');
    await closedByItself(page);
    assert.equal(await textIn(page), firstHalfText);
    const [, stored] = await server.stored(messageId);
    assert.equal(stored?.message, firstHalfText);
    // A page that is opened again gets a replay, without a call of the model.
    const again = await openPage(server, messageId);
    await again.waitForFunction("document.title === 'Error'", undefined, { timeout: 10_000 });
    await closedByItself(again);
    assert.equal(server.calls(), 1);
    await Promise.all([page.close(), again.close()]);
  });
});
