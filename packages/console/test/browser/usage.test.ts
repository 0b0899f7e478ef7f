/** The usage report as it is read: plot, table, other groups and periods, a bar that leads to its conversations, CSV. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { addScriptedModel, checkPage, startConsole, withChromium } from './console.ts';

test('what was used is seen over time, by group, and as a file', withChromium, async () => {
  await using opened = await startConsole();
  const { page, url, complaints } = opened;
  await opened.setUp();
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
