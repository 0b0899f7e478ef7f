/** The default model, what the environment has set, and the search that is tried, as those who look after them see it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { checkPage, type FurnishedConsole, startFurnishedConsole, withChromium } from './console.ts';

describe('the settings of the server', withChromium, () => {
  let opened: FurnishedConsole;
  let searxng: Server;
  let status = 200;
  const hidden = 'quite-hidden-4711';
  before(async () => {
    searxng = createServer((request, response) => {
      const query = new URL(request.url ?? '', 'http://localhost').searchParams.get('q');
      const results =
        query === 'nothing'
          ? []
          : ['One', 'Two'].map((title) => ({ title, url: `https://${title}.example.com/a`, content: '' }));
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ results }));
    });
    await once(searxng.listen(0, '127.0.0.1'), 'listening');
    opened = await startFurnishedConsole({
      SEARXNG_URL: `http://user:${hidden}@127.0.0.1:${(searxng.address() as AddressInfo).port}`,
      OIDC_ISSUER: 'https://login.example.com/realms/acme',
      OIDC_CLIENT_ID: 'colloquy',
      OIDC_CLIENT_SECRET: hidden,
      OIDC_LABEL: 'Acme',
      COLLOQUY_SUMMARIES: 'off',
      INTERNET_ALLOWED_NETWORKS: Array.from({ length: 12 }, (_, index) => `10.${index}.0.0/16`).join(','),
    });
  });
  after(async () => {
    await opened?.[Symbol.asyncDispose]();
    searxng?.close();
  });

  test('what the environment has set is shown without secrets; a search is tried', async () => {
    const page = await opened.open('/settings?tab=server');
    await page.getByText('Acme (login.example.com)').waitFor();
    const { origin } = new URL(opened.url);
    const callback = page.getByRole('region', { name: 'Address of the way back' });
    assert.equal(await callback.textContent(), `${origin}/api/console/oidc/callback`);
    const rows = page.locator('tbody tr');
    const row = (name: string) => rows.filter({ hasText: name });
    await row('OIDC_CLIENT_SECRET').getByText('Set, and not shown').waitFor();
    await row('SEARXNG_URL').getByText('http://…@127.0.0.1').waitFor();
    assert.equal(await row('AUDIT_RETENTION_DAYS').count(), 0);
    const field = page.getByRole('searchbox', { name: 'Try a search' });
    await field.fill('towers');
    await page.keyboard.press('Enter');
    await page
      .getByRole('status')
      .getByText(/^2 pages in /)
      .waitFor();
    await page.getByRole('link', { name: 'One' }).waitFor();
    await page.getByText('two.example.com').waitFor();
    await checkPage(page, 'settings-server');
    await page.getByLabel('Those that are not set too').check();
    await row('AUDIT_RETENTION_DAYS').getByText('400').waitFor();
    await row('AUDIT_RETENTION_DAYS').getByText('Default').waitFor();
    await checkPage(page, 'settings-server-all');
    assert.equal((await page.content()).includes(hidden), false);

    await field.fill('nothing');
    await page.keyboard.press('Enter');
    await page
      .getByRole('status')
      .getByText(/^Nothing was found/)
      .waitFor();
    status = 403;
    await page.keyboard.press('Enter');
    await page.getByText('The search failed: SearXNG answered 403.').waitFor();
    await field.fill('   ');
    await page.keyboard.press('Enter');
    await page.locator('[name=query][aria-invalid]').waitFor();
    await checkPage(page, 'settings-server-failed');
    await page.close();
  });

  test('the default model is chosen, and what the server’s settings mean is said', async () => {
    const spare = await opened.administer<{ id: string }>('POST', '/models', {
      name: 'Spare',
      provider: 'openai',
      model: 'spare',
      is_active: false,
    });
    const page = await opened.open('/settings?tab=organization');
    const textOf = (label: string) =>
      page.getByLabel(label).evaluate((select: HTMLSelectElement) => select.selectedOptions[0]?.textContent);
    await page.getByLabel('Models summarise what no longer fits').waitFor();
    assert.equal(await textOf('Models summarise what no longer fits'), 'As the server is set: No');
    await page.getByText('The web is searched by searxng.').waitFor();
    const choice = page.getByLabel('What answers where no persona does');
    await choice.selectOption('Spare (not active)');
    await page.getByText('While it is not active, the first active model answers.').waitFor();
    await checkPage(page, 'settings-default-model');
    await page.getByRole('button', { name: 'Set the default model' }).click();
    await page.getByRole('status').getByText('Saved').waitFor();
    const { default_model_id: chosen } = await opened.administer<{ default_model_id: string }>('GET', '');
    assert.equal(chosen, spare.id);
    await choice.selectOption('The first active model');
    await page.getByRole('button', { name: 'Set the default model' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('While it is not active').waitFor({ state: 'detached' });
    await page.getByRole('status').getByText('Saved').nth(1).waitFor();
    await page.reload();
    await choice.waitFor();
    assert.equal(await choice.inputValue(), '');
    await page.close();
  });

  test('who is no operator sees nothing of the server', async () => {
    const page = await opened.open('/members');
    await page.getByRole('button', { name: 'Invite' }).click();
    await page.getByRole('dialog').getByLabel('E-mail').fill('grace@example.com');
    await page.getByRole('dialog').getByLabel('Role').selectOption('Admin');
    await page.getByRole('button', { name: 'Make the link' }).click();
    const address = (await page.getByRole('region', { name: 'The link' }).textContent()) ?? '';
    const theirs = await opened.openSignedOut(address.slice(address.indexOf('/console') + '/console'.length));
    await theirs.getByLabel('Your name').fill('Grace');
    await theirs.getByLabel('New password').fill('another correct horse');
    await theirs.getByLabel('The same password again').fill('another correct horse');
    await theirs.keyboard.press('Enter');
    await theirs.getByRole('navigation', { name: 'Views' }).waitFor();
    await theirs.goto(`${opened.url}/settings?tab=server`);
    await theirs.getByRole('tab', { name: 'Organization' }).waitFor();
    assert.equal(await theirs.getByRole('tab', { name: 'Server' }).count(), 0);
    await theirs.getByRole('tab', { name: 'Organization' }).click();
    await theirs.getByText('The web is searched by searxng.').waitFor();
    await theirs.close();
    await page.close();
  });

  test('no page complained', () => {
    assert.deepEqual(opened.complaintsBut(/status of (400|401)/), []);
  });
});
