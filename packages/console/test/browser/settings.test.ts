/** Settings: one's own account, what holds for the organization, webhooks, and the audit trail. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { checkPage, type FurnishedConsole, person, startFurnishedConsole, withChromium } from './console.ts';

describe('the settings', withChromium, () => {
  let opened: FurnishedConsole;
  before(async () => {
    opened = await startFurnishedConsole();
  });
  after(() => opened?.[Symbol.asyncDispose]());

  test('one’s own name, looks and password are changed', async () => {
    const page = await opened.open('/settings');
    await page.getByLabel('Name').fill('Ada Lovelace');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Account: Ada Lovelace' }).waitFor();
    await page.getByRole('main').getByLabel('Theme').selectOption('Dark');
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
    await page.getByRole('main').getByLabel('Theme').selectOption('As the system');
    await page.getByText('This one').waitFor();
    await checkPage(page, 'settings-own');
    await page.getByLabel('Present password').fill('a wrong one, but long');
    await page.getByLabel('New password').fill('quite another password');
    await page.keyboard.press('Enter');
    await page
      .getByRole('main')
      .getByText(/password/i)
      .first()
      .waitFor();
    await page.locator('[name=current_password][aria-invalid]').waitFor();
    await page.getByLabel('Present password').fill(person.password);
    await page.getByRole('button', { name: 'Change the password' }).click();
    await page.getByRole('status').getByText('The password is changed').waitFor();
    await page.close();
  });

  test('the organization’s settings are changed, and what is wrong stands at its field', async () => {
    const page = await opened.open('/settings');
    await page.getByRole('tab', { name: 'You' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByLabel('Models name conversations').selectOption('No');
    await page.getByLabel('Days in test').fill('30');
    const limits = page.getByRole('group', { name: 'Limits of the organization' });
    await limits.getByLabel('Cost a month').fill('12.5');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('status').getByText('Saved').waitFor();
    const settings = await opened.administer<Record<string, unknown>>('GET', '/settings');
    assert.equal(settings.titles, 'off');
    assert.deepEqual(settings.retention_days, { test: 30, prod: null });
    assert.deepEqual(settings.limits, { budget_per_month: 12.5 });
    await page
      .getByText(/of 12.5$/)
      .first()
      .waitFor();
    await checkPage(page, 'settings-organization');
    await page.getByLabel('Days in production').fill('soon');
    await page.getByRole('button', { name: 'Save' }).click();
    await page
      .getByRole('alert')
      .getByText(/retention_days.prod/)
      .waitFor();
    await page.close();
  });

  test('a webhook is told, what failed is sent again, and it is deleted', async () => {
    const statuses = [500, 200];
    const got: string[] = [];
    const receiver = createServer((request, response) => {
      got.push(String(request.headers['webhook-id']));
      response.writeHead(statuses[Math.min(got.length, statuses.length) - 1] ?? 200).end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    const page = await opened.open('/settings?tab=webhooks');
    await page.getByRole('button', { name: 'Add a webhook' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Address').fill('no address');
    await page.keyboard.press('Enter');
    await dialog.locator('[name=url][aria-invalid]').waitFor();
    await checkPage(page, 'settings-webhook-new');
    await dialog.getByLabel('Address').fill(url);
    await page.keyboard.press('Enter');
    assert.match((await page.getByRole('region', { name: 'Secret' }).textContent()) ?? '', /^whsec_/);
    const { key } = await opened.administer<{ key: string }>('POST', '/keys', {
      name: 'Website',
      type: 'prod',
      default_persona_id: opened.personaId,
    });
    const answer = await fetch(`${opened.server.url}/api/chat/completion/stream`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: '{"message":"Hello"}',
    });
    await answer.text();
    await page.getByRole('button', { name: 'Deliveries of the last 7 days' }).click();
    const row = page.locator('tbody tr').first();
    await row.getByText('500').waitFor();
    await checkPage(page, 'settings-webhooks');
    await row.getByRole('button', { name: 'Send again' }).click();
    await row.getByText('Delivered').waitFor();
    assert.equal(new Set(got).size, 1);
    await page.getByRole('button', { name: 'Delete' }).click();
    await page
      .getByRole('dialog')
      .getByLabel(/to confirm/)
      .fill(url);
    await page.keyboard.press('Enter');
    await page.getByText('No webhooks yet').waitFor();
    await page.close();
    receiver.close();
    receiver.closeAllConnections();
  });

  test('the audit trail tells who has changed what', async () => {
    const page = await opened.open('/settings?tab=audit');
    const row = page.locator('tbody tr', { hasText: 'settings.update' }).first();
    await row.waitFor();
    await row.getByText('Show').focus();
    await page.keyboard.press('Enter');
    await row
      .getByText(/budget_per_month/)
      .first()
      .waitFor();
    await checkPage(page, 'settings-audit');
    await page.close();
  });

  test('no page complained', () => {
    // 409: what is to be sent again is being sent at that moment, and the page says so.
    assert.deepEqual(opened.complaintsBut(/status of (400|401|403|409)/), []);
  });
});
