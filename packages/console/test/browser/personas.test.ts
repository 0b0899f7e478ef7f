/** A persona from its name to production: draft, differences, submitting, comparing, history, rolling back, using it. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { addScriptedModel, checkPage, startConsole, type TestConsole, withChromium } from './console.ts';

async function startWithModel(): Promise<TestConsole> {
  const opened = await startConsole();
  await opened.setUp();
  await addScriptedModel(opened);
  return opened;
}

async function makePersona({ page, url }: TestConsole, prompt: string): Promise<void> {
  await page.goto(`${url}/personas/new`);
  await page.getByLabel('Name').fill('Customer Support');
  assert.equal(await page.getByLabel('Alias').inputValue(), 'customer-support');
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByLabel('Model', { exact: true }).selectOption({ label: 'scripted' });
  await page.getByLabel('Prompt').fill(prompt);
  await page.getByRole('button', { name: 'Save the draft' }).click();
  await page.getByText('Draft: Version 1').waitFor();
}

async function submit(page: Page, note: string): Promise<void> {
  await page.getByRole('button', { name: 'Submit' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(/^Note/).fill(note);
  await dialog.getByRole('button', { name: 'Submit' }).click();
  await dialog.waitFor({ state: 'detached' });
}

test('draft, differences, submit, history, roll back', withChromium, async () => {
  await using opened = await startWithModel();
  const { page, url, complaints } = opened;
  await page.goto(`${url}/personas`);
  await page.getByRole('table').waitFor();
  await checkPage(page, 'personas');
  await makePersona(opened, 'You help customers. Be brief.');
  await submit(page, 'The first one');
  await page.getByText('In production: Version').waitFor();
  await page.getByLabel('Prompt').fill('You help customers of Acme. Be kind.');
  await page.getByLabel('Temperature').fill('3');
  await page.getByRole('button', { name: 'Save the draft' }).click();
  await page.getByText('At most 2.').waitFor();
  await page.getByLabel('Temperature').fill('0.4');
  await page.locator('ins', { hasText: 'kind' }).waitFor();
  await page.locator('del', { hasText: 'brief' }).waitFor();
  await page.locator('ins', { hasText: '0.4' }).waitFor();
  await checkPage(page, 'persona-draft');
  page.once('dialog', (dialog) => void dialog.dismiss());
  await page.getByRole('link', { name: 'Models' }).click();
  assert.match(page.url(), /personas/, 'leaving with changes asks');
  await submit(page, 'Kinder');
  await page.getByRole('tab', { name: 'History' }).click();
  await page.getByRole('cell', { name: /Kinder/ }).waitFor();
  await checkPage(page, 'persona-history');
  const first = page.getByRole('row').filter({ hasText: 'The first one' });
  await first.getByRole('button', { name: 'Compare' }).click();
  await page.getByRole('dialog').locator('ins', { hasText: 'brief' }).waitFor();
  await checkPage(page, 'persona-compare');
  await page.keyboard.press('Escape');
  await first.getByRole('button', { name: 'Roll back to it' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Roll back to it' }).click();
  await page.getByText('It is in production again').waitFor();
  await first.getByText('In production').waitFor();
  assert.deepEqual(complaints, []);
});

test('both versions are asked the same, by hand and with saved questions', withChromium, async () => {
  await using opened = await startWithModel();
  const { page, server, complaints } = opened;
  server.upstream.script('scripted', ({ body, lastUserMessage }) => {
    const prompt = body?.messages?.[0]?.content ?? '';
    const tokens = [prompt.includes('loud') ? `LOUD: ${lastUserMessage}` : `quiet: ${lastUserMessage}`];
    return {
      steps: [
        { do: 'tokens', tokens },
        { do: 'finish' },
        { do: 'usage', promptTokens: 5, completionTokens: 1 },
        { do: 'end' },
      ],
    };
  });
  await makePersona(opened, 'Be quiet.');
  await submit(page, '');
  await page.getByText('In production: Version').waitFor();
  await page.getByLabel('Prompt').fill('Be loud.');
  await page.getByRole('button', { name: 'Save the draft' }).click();
  await page.getByText(/^Draft: Version/).waitFor();
  await page.getByRole('tab', { name: 'Try both' }).click();
  await page.getByLabel('Message', { exact: true }).fill('Hello?');
  await page.getByRole('button', { name: 'Ask both' }).first().click();
  const live = page.getByRole('region', { name: 'In production: Hello?' });
  const draft = page.getByRole('region', { name: 'Draft: Hello?' });
  await live.getByText('quiet: Hello?').waitFor();
  await draft.getByText('LOUD: Hello?').waitFor();
  await draft.getByText(/6 tokens/).waitFor();
  await page.getByLabel('Name of the new set').fill('Basics');
  await page.getByRole('button', { name: 'New set' }).click();
  await page.getByText('This set has no questions yet.').waitFor();
  await page.getByLabel('Another question').fill('One?');
  await page.getByRole('button', { name: 'Add', exact: true }).first().click();
  await page.getByRole('listitem').filter({ hasText: 'One?' }).waitFor();
  await page.getByLabel('Another question').fill('Two, "quoted"?\n\nAnd then?');
  await page.getByRole('button', { name: 'Add', exact: true }).first().click();
  await page.getByRole('button', { name: 'Ask both 2 questions' }).click();
  await page.getByText('3 of 3', { exact: true }).waitFor();
  await checkPage(page, 'persona-try');
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download as CSV' }).click();
  const csv = await readFile(await (await downloading).path(), 'utf8');
  const [head, one, two, three] = csv.split('\r\n');
  assert.match(head ?? '', /^question,turn,active_answer,/);
  assert.match(one ?? '', /^One\?,1,quiet: One\?,6,[^,]*,\d+,stop,,LOUD: One\?,6,/);
  assert.match(two ?? '', /^"Two, ""quoted""\?",1,"quiet: Two, ""quoted""\?",6,/);
  assert.match(three ?? '', /^And then\?,2,quiet: And then\?,6,/);
  const kept = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
  assert.equal(kept.filter((name) => name.endsWith('/try')).length, 8, 'nothing of it is a conversation');
  await page.getByRole('tab', { name: 'Use it' }).click();
  await page.getByText('persona:customer-support').first().waitFor();
  await checkPage(page, 'persona-use');
  await page.getByRole('tab', { name: 'Settings' }).click();
  await checkPage(page, 'persona-settings');
  await page.getByRole('link', { name: 'Chat', exact: true }).click();
  await page.getByText('Your conversations will stand here.').waitFor();
  assert.deepEqual(complaints, []);
});
