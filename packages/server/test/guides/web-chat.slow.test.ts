/** `examples/web-chat` as it stands, in Chromium: a conversation, an answer across a killed server, a reload, a stop. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findFreePort } from 'colloquy-testkit/free-port';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { type ChildServer, spawnServer } from 'colloquy-testkit/server-process';
import { chromiumForTests } from 'colloquy-testkit/services';
import { administer, makeTenant } from 'colloquy-testkit/tenants';
import { answer, startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';
import { type Browser, chromium, type Page } from 'playwright-core';

const example = fileURLToPath(new URL('../../../../examples/web-chat/', import.meta.url));
const installed = chromiumForTests();
const words = Array.from({ length: 120 }, (_, n) => `word ${n}, `);
const whole = words.join('');

/** Starts the example as its README says, with the key of a tenant; gives its address. */
async function startExample(
  environment: Record<string, string>,
): Promise<{ url: string; child: ChildProcess }> {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, ['server.js'], {
    cwd: example,
    env: { PATH, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  const [, url] = /^Web chat: (http:\S+)$/.exec(line) ?? assert.fail(line);
  return { url: url ?? '', child };
}

describe('the example of a web app', 'skip' in installed ? installed : {}, () => {
  if ('skip' in installed) return;
  let server: ChildServer;
  let environment: Record<string, string>;
  let child: ChildProcess;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const stack = new AsyncDisposableStack();

  before(async () => {
    const place = await emptyPlace('sqlite');
    stack.defer(() => rm(place.dataDir, { recursive: true, force: true }));
    const upstream = stack.use(await startScriptedUpstream());
    // A model that is asked to go on goes on where it was cut off.
    upstream.setDefault(({ body }) => {
      const last = body?.messages?.at(-1);
      const written = last?.role === 'assistant' ? last.content : '';
      const rest = words.slice(written.split(', ').length - 1);
      return answer(rest.join(''), { tokens: rest, intervalMs: 15 });
    });
    environment = serverEnvironment(place, { PORT: String(await findFreePort()) });
    server = await spawnServer(environment);
    stack.defer(async () => await server[Symbol.asyncDispose]());
    const { prodKey, organizationId, modelId } = await makeTenant(server.url, upstream);
    await administer(server.url, 'PATCH', `/organizations/${organizationId}/models/${modelId}`, {
      can_continue: true,
    });
    const started = await startExample({ COLLOQUY_URL: server.url, COLLOQUY_KEY: prodKey });
    child = started.child;
    stack.defer(() => void child.kill());
    browser = await chromium.launch({ executablePath: installed.path, args: ['--no-sandbox'] });
    stack.defer(() => browser.close());
    page = await browser.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(started.url);
  });
  after(() => stack.disposeAsync());

  const say = async (text: string): Promise<void> => {
    await page.getByLabel('Message').fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
  };
  const texts = (): Promise<string[]> =>
    page.locator('article span').evaluateAll((all) => all.map(({ textContent }) => textContent ?? ''));
  /** Waits until the last message is whole, and nothing is under way. */
  const rest = () =>
    page.waitForFunction(
      () => document.getElementById('status')?.textContent === '' && document.getElementById('stop')?.hidden,
    );
  const seen = (text: string) => page.locator('article').last().getByText(text).waitFor();

  test('an answer is written as it comes', async () => {
    await say('Hello');
    await seen('word 5,');
    await page.getByRole('button', { name: 'Stop' }).waitFor();
    await rest();
    assert.deepEqual(await texts(), ['Hello', whole]);
  });

  test('an answer goes on across a killed server, to the letter', async () => {
    await say('And again');
    await page.locator('article').nth(3).getByText('word 20,').waitFor();
    server.signal('SIGKILL');
    await server.exited;
    await page.getByText('Reconnecting').waitFor();
    server = await spawnServer(environment);
    await rest();
    assert.deepEqual(await texts(), ['Hello', whole, 'And again', whole]);
  });

  test('a reload shows the conversation, and goes on with the answer', async () => {
    await say('A third time');
    await page.locator('article').nth(5).getByText('word 10,').waitFor();
    await page.reload();
    await page.locator('article').nth(5).getByText('word 30,').waitFor();
    await rest();
    assert.deepEqual((await texts()).slice(4), ['A third time', whole]);
  });

  test('a stopped answer keeps what was written', async () => {
    await say('Stop early');
    await page.locator('article').nth(7).getByText('word 5,').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.locator('article').nth(7).getByText('Stopped').waitFor();
    const written = (await texts()).at(-1) ?? '';
    assert.ok(whole.startsWith(written) && written.length < whole.length, written);
  });

  test('another visitor does not see it', async () => {
    const session = await page.evaluate(() => localStorage.getItem('session'));
    assert.ok(session);
    const context = await browser.newContext();
    const other = await context.newPage();
    await other.addInitScript((id) => localStorage.setItem('session', id), session);
    await other.goto(page.url());
    await other.getByText('session not found').waitFor();
    assert.equal(await other.locator('article').count(), 0);
    await context.close();
  });

  test('a new conversation is empty', async () => {
    await page.getByRole('button', { name: 'New' }).click();
    await page.waitForFunction(() => document.querySelectorAll('article').length === 0);
    await say('Hello');
    await rest();
    assert.deepEqual(await texts(), ['Hello', whole]);
    assert.deepEqual(complaints, []);
  });
});
