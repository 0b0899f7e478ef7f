/** The health of the server, as its operator watches it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { checkPage, type FurnishedConsole, startFurnishedConsole, withChromium } from './console.ts';

const examination = {
  address: 'https://chat.example.com/',
  route: 'Without a proxy of the environment.',
  problem: null,
  findings: [
    {
      name: 'buffering',
      verdict: 'bad',
      measured: '8 events sent over 2105 ms came over 3 ms',
      advice: 'Switch response buffering off for this server: nginx `proxy_buffering off;`',
    },
    { name: 'silence', verdict: 'note', measured: 'not measured: the answer was 503', advice: 'Try again.' },
    { name: 'headers', verdict: 'ok', measured: 'an event stream, not compressed', advice: null },
  ],
};

describe('the health', withChromium, () => {
  let opened: FurnishedConsole;
  let key = '';
  before(async () => {
    opened = await startFurnishedConsole();
    const made = await opened.administer<{ key: string }>('POST', '/keys', {
      name: 'Website',
      type: 'prod',
      default_persona_id: opened.personaId,
    });
    key = made.key;
  });
  after(() => opened?.[Symbol.asyncDispose]());

  const say = () =>
    fetch(`${opened.server.url}/api/chat/completion/stream`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: '{"message":"Hello"}',
    }).then((response) => response.text());

  test('it shows how the server is, and what runs can be cancelled', async () => {
    opened.server.upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['Half '] }, { do: 'stall' }] });
    const answer = say();
    await opened.server.upstream.request(0);
    const page = await opened.open('/health');
    await page.getByText('All is well').waitFor();
    const runs = page.getByRole('region', { name: 'Answers under way' });
    await runs.getByText('Answering').waitFor();
    await checkPage(page, 'health');
    await runs.getByRole('button', { name: 'Cancel' }).focus();
    await page.keyboard.press('Enter');
    assert.match(await answer, /cancelled/);
    await page.getByText('No answer is under way.').waitFor();
    await page.getByRole('region', { name: 'Providers' }).waitFor();
    await page.close();
  });

  test('it tells how providers do, and why they failed', async () => {
    opened.server.upstream.enqueue(
      { steps: [{ do: 'tokens', tokens: ['Well'] }, { do: 'finish' }, { do: 'end' }] },
      refuse(401, { message: 'no such account' }),
      refuse(400, { message: 'can not take: my diagnosis' }),
    );
    await say();
    await say();
    const page = await opened.open('/health');
    const providers = page.getByRole('region', { name: 'Providers' });
    await providers.getByText('refused the key (401): no such account').waitFor();
    assert.match((await providers.textContent()) ?? '', /\d (?:ms|sec) \/ \d/);
    await say();
    await providers.getByText('answered 400').waitFor();
    assert.doesNotMatch((await providers.textContent()) ?? '', /diagnosis/);
    await page.getByText('COLLOQUY_LOCAL_MODEL is off').waitFor();
    await checkPage(page, 'health-providers');
    await page.close();
  });

  test('the doctor examines the address of the page, and says what to do', async () => {
    const page = await opened.open('/health');
    const card = page.locator('section', { has: page.getByRole('heading', { name: 'Doctor' }) }).last();
    const address = card.getByLabel('Address');
    assert.equal(await address.inputValue(), opened.server.url.replace('127.0.0.1', 'localhost'));
    await address.fill('chat.example.com');
    await page.keyboard.press('Enter');
    await card.getByText(/^address must/).waitFor();
    await address.fill(`${opened.server.upstream.url}/nothing`);
    await page.keyboard.press('Enter');
    await card.getByText('not as a Colloquy server').waitFor();
    await page.route('**/api/admin/doctor', (route) =>
      route.fulfill({ json: examination, headers: { 'content-type': 'application/json' } }),
    );
    await card.getByRole('button', { name: 'Examine it' }).focus();
    await page.keyboard.press('Enter');
    await card.getByText('proxy_buffering off').waitFor();
    await card.getByText('breaks streams').waitFor();
    await checkPage(page, 'health-doctor');
    await page.close();
  });

  test('it is read again while it is seen, and not while it is hidden', async () => {
    const page = await opened.open('/health');
    await page.clock.install();
    let readings = 0;
    page.on('request', (request) => {
      if (request.url().endsWith('/api/admin/health')) readings += 1;
    });
    const read = () => page.waitForRequest((request) => request.url().endsWith('/api/admin/health'));
    await read();
    await read();
    await page.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    const before = readings;
    await page.clock.runFor(20_000);
    assert.ok(readings - before <= 1, `${readings - before} readings while hidden`);
    await page.evaluate(() => {
      Reflect.deleteProperty(document, 'visibilityState');
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await read();
    await page.close();
  });

  test('the support bundle has what helps, and no secret', async () => {
    const page = await opened.open('/health');
    await page.getByRole('button', { name: 'Put it together' }).click();
    const region = page.getByRole('region', { name: 'Support bundle' });
    const text = (await region.textContent()) ?? '';
    const bundle = JSON.parse(text);
    assert.equal(
      bundle.models.some(({ model }: { model: string }) => model === 'scripted'),
      true,
    );
    assert.equal(bundle.store.engine, 'sqlite');
    for (const secret of [
      key,
      opened.server.upstream.url,
      'ada@example.com',
      'Website',
      'Be helpful',
      '/tmp/',
      'answered 400',
    ])
      assert.equal(text.includes(secret), false, secret);
    await checkPage(page, 'health-bundle');
    await page.close();
  });

  test('no page complained', () => assert.deepEqual(opened.complaintsBut(/status of 400/), []));
});
