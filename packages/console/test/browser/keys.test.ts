/** Keys as a person makes, limits, replaces and revokes them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { checkPage, type FurnishedConsole, startFurnishedConsole, withChromium } from './console.ts';

const run = promisify(execFile);

describe('the keys', withChromium, () => {
  let opened: FurnishedConsole;
  before(async () => {
    opened = await startFurnishedConsole();
  });
  after(() => opened?.[Symbol.asyncDispose]());

  const codeOf = (page: Page, label: string) => page.getByRole('region', { name: label, exact: true });

  test('an empty list says what keys are for, and leads to making one', async () => {
    const page = await opened.open('/keys?type=test');
    await page.getByText('A key lets a program').waitFor();
    await checkPage(page, 'keys-empty');
    await page.getByRole('link', { name: 'Make a key' }).first().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Make a key' }).waitFor();
    await page.close();
  });

  test('a key is made, and the call that is shown works', async () => {
    const page = await opened.open('/keys/new');
    await page.getByRole('button', { name: 'Make a key' }).click();
    await page.getByText('This is needed.').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('name')), 'name');
    await page.getByLabel('Name').fill('Website');
    await page.getByLabel('Persona', { exact: true }).selectOption('Helper');
    await page.getByLabel('Origins').fill('https://www.example.com/path');
    const own = page.getByRole('group', { name: 'Limits of the key' });
    await own.getByLabel('Requests a minute').fill('many');
    await page.getByRole('button', { name: 'Make a key' }).click();
    await page.getByText(/limits.requests_per_minute/).waitFor();
    await own.getByLabel('Requests a minute').fill('50');
    await page.getByRole('button', { name: 'Make a key' }).click();
    await page.getByText(/must be an origin like/).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('name')), 'allowed_origins');
    await checkPage(page, 'keys-new');
    await own.getByLabel('Tokens a day').fill('5000');
    await page.getByLabel('Origins').fill('');
    await page.getByRole('button', { name: 'Make a key' }).click();
    await page.getByText('It is shown this once').waitFor();
    const secret = (await codeOf(page, 'The key').textContent()) ?? '';
    assert.match(secret, /^sk_prod_[\w-]{20,}$/);
    await checkPage(page, 'keys-secret');
    const call = (await codeOf(page, 'Try it').textContent()) ?? '';
    assert.ok(call.includes(secret));
    const { stdout } = await run('sh', ['-c', call]);
    assert.match(stdout, /"type":"done"/);
    await page.getByRole('link', { name: 'To the key' }).click();
    await page
      .getByText(/^[1-9]\d* of 5,000$/)
      .first()
      .waitFor();
    assert.equal((await page.content()).includes(secret), false);
    await checkPage(page, 'keys-key');
    await page.close();
  });

  test('settings are changed, and a filter stays in the address', async () => {
    const page = await opened.open('/keys');
    await page.getByRole('link', { name: 'Website' }).click();
    await page.getByLabel('Name').fill('Shop');
    await page.getByLabel('Expires', { exact: false }).fill('2030-05-06T07:08');
    const users = page.getByRole('group', { name: 'Limits of each end user' });
    await users.getByLabel('Cost a month').fill('2.5');
    await page.getByLabel('Helper').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('status').getByText('Saved').waitFor();
    await page.getByRole('heading', { name: 'Shop', level: 1 }).waitFor();
    const { data } = await opened.administer<{ data: Record<string, unknown>[] }>('GET', '/keys');
    const key = data.find(({ name }) => name === 'Shop');
    assert.ok(key);
    assert.equal(key.expires_at, new Date('2030-05-06T07:08').toISOString());
    assert.deepEqual(key.end_user_limits, { budget_per_month: 2.5 });
    assert.deepEqual(key.personas, [opened.personaId]);
    assert.deepEqual(key.limits, { requests_per_minute: 50, tokens_per_day: 5000 });
    await page.getByRole('link', { name: 'Keys', exact: true }).first().click();
    await page.getByLabel('Kind').selectOption('Production');
    assert.match(page.url(), /type=prod/);
    await page.reload();
    await page.getByRole('link', { name: 'Shop' }).waitFor();
    await checkPage(page, 'keys');
    await page.close();
  });

  test('a key gets another secret and the one before works beside it; revoked, neither does', async () => {
    const made = await opened.administer<{ key: string; id: string }>('POST', '/keys', {
      name: 'Batch',
      type: 'prod',
    });
    const statusOf = async (secret: string) => {
      const response = await fetch(`${opened.server.url}/api/chat/completion/stream`, {
        method: 'POST',
        headers: { 'x-api-key': secret, 'content-type': 'application/json' },
        body: '{"message":"Hello","persona":"helper"}',
      });
      await response.text();
      return response.status;
    };
    const page = await opened.open(`/keys/${made.id}`);
    await page.getByRole('button', { name: 'Rotate' }).click();
    const dialog = page.getByRole('dialog', { name: /another secret/ });
    await dialog.waitFor();
    await checkPage(page, 'keys-rotate');
    await dialog.getByLabel(/stays valid/).selectOption('A day');
    await dialog.getByRole('button', { name: 'Rotate' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('It is shown this once').waitFor();
    await page.getByText(/secret before the last rotation is valid until/).waitFor();
    const secret = (await codeOf(page, 'The key').textContent()) ?? '';
    assert.notEqual(secret, made.key);
    assert.deepEqual([await statusOf(secret), await statusOf(made.key)], [200, 200]);
    await page.getByRole('button', { name: 'Revoke' }).click();
    const revocation = page.getByRole('dialog', { name: 'Revoke Batch?' });
    await checkPage(page, 'keys-revoke');
    const confirm = revocation.getByRole('button', { name: 'Revoke' });
    assert.equal(await confirm.getAttribute('aria-disabled'), 'true');
    await revocation.getByLabel(/to confirm/).fill('Batch');
    await page.keyboard.press('Enter');
    await page.getByRole('main').getByText('Revoked').first().waitFor();
    assert.deepEqual([await statusOf(secret), await statusOf(made.key)], [401, 401]);
    await page.close();
  });

  test('no page complained', () => {
    assert.deepEqual(opened.complaintsBut(/status of (400|409)/), []);
  });
});
