/** The usage report as it is read: plot, table, other groups and periods, a bar that leads to its conversations, CSV. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { administer } from 'colloquy-testkit/tenants';
import { addScriptedModel, checkPage, startConsole, withChromium } from './console.ts';

test('what was used is seen over time, by group, and as a file', withChromium, async () => {
  await using opened = await startConsole();
  const { page, url, complaints } = opened;
  const organizationId = await opened.setUp();
  const change = <T>(method: string, path: string, body: object) =>
    administer<T>(opened.server.url, method, `/organizations/${organizationId}${path}`, body);
  await page.goto(`${url}/usage`);
  await page.getByText('Nothing was used in this period').waitFor();
  await addScriptedModel(opened);
  await page.goto(`${url}/chat`);
  await page.getByLabel('Answers').selectOption({ label: 'scripted' });
  await page.getByLabel('Message', { exact: true }).fill('Count me');
  await page.keyboard.press('Enter');
  await page.getByRole('log').getByText('You said: Count me').waitFor();
  await page.goto(`${url}/usage?range=day`);
  const table = page.getByRole('region', { name: 'Model', exact: true });
  await table.getByRole('link', { name: 'scripted' }).waitFor();
  await page.getByRole('img', { name: 'Requests by Hour and Model' }).locator('canvas').waitFor();
  await page.getByText(/calls? of models that have no prices/).waitFor();
  await checkPage(page, 'usage');
  // A budget is a line, and how much of it is used stands above.
  await change('PATCH', '/settings', { limits: { tokens_per_day: 200, budget_per_month: 5 } });
  const key = await change<{ id: string }>('POST', '/keys', {
    name: 'Website',
    type: 'prod',
    limits: { tokens_per_day: 7 },
  });
  await page.goto(`${url}/usage?show=tokens&range=month`);
  await page.getByRole('heading', { name: 'Budget of the organization' }).waitFor();
  await page.getByText(/^Tokens a day: \d+(?:\.\d)?% is used\. It begins anew on/).waitFor();
  await page.getByText(/^Cost a month: 0% is used/).waitFor();
  await page.getByText('Tokens a day: at most 200').waitFor();
  await page.getByRole('columnheader', { name: 'Of the budget' }).waitFor();
  await page.getByRole('img', { name: 'Tokens by Day and Model' }).locator('canvas').waitFor();
  await checkPage(page, 'usage-budget');
  await page.getByLabel('A bar for each').selectOption('hour');
  await page.getByText('Tokens a day: an even share of 200').waitFor();
  assert.equal(await page.getByRole('columnheader', { name: 'Of the budget' }).count(), 0);
  await page.getByLabel('Key', { exact: true }).selectOption({ label: 'Website' });
  await page.getByRole('heading', { name: 'Budget of the key Website' }).waitFor();
  await page.getByText(/^Tokens a day: 0% is used/).waitFor();
  await page.getByText('Nothing was used in this period').waitFor();
  assert.ok(page.url().includes(`key=${key.id}`));
  await page.goto(`${url}/usage?range=day`);
  await page.getByLabel('By', { exact: true }).selectOption('purpose');
  await page.getByRole('cell', { name: 'answer' }).waitFor();
  assert.match(page.url(), /by=purpose/);
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download as CSV' }).click();
  const csv = await readFile(await (await downloading).path(), 'utf8');
  assert.match(csv, /requests/);
  assert.match(csv, /answer/);
  await page.getByLabel('By', { exact: true }).selectOption('model');
  const over = page.getByRole('img').locator('.u-over');
  await over.waitFor();
  const box = await over.boundingBox();
  assert.ok(box !== null);
  // The last bar is that of the hour under way.
  await over.click({ position: { x: box.width - 12, y: box.height - 4 } });
  await page.waitForURL(/\/conversations\?.*from=/);
  assert.deepEqual(complaints, []);
});
