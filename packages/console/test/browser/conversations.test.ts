/** The conversations of an organization as an administrator finds, reads, exports and deletes them. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { answer, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import type { Page } from 'playwright-core';
import { checkPage, type FurnishedConsole, startFurnishedConsole, withChromium } from './console.ts';

describe('the conversations', withChromium, () => {
  let opened: FurnishedConsole;
  let key = '';
  let keyId = '';

  /** One turn of an end user; gives what the server told at its end. */
  async function say(userId: string, message: string, sessionId?: string): Promise<{ session: string }> {
    const token = await fetch(`${opened.server.url}/api/chat/get_token`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: JSON.stringify({ user_id: userId, persona: 'helper' }),
    });
    const { token: bearer } = (await token.json()) as { token: string };
    const path = sessionId === undefined ? 'completion/stream' : 'continuation/stream';
    const response = await fetch(`${opened.server.url}/api/chat/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ message, ...(sessionId !== undefined && { session_id: sessionId }) }),
    });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    return { session: /"session_id":\s*"([^"]+)"/.exec(text)?.[1] ?? '' };
  }

  before(async () => {
    opened = await startFurnishedConsole();
    const made = await opened.administer<{ key: string; id: string }>('POST', '/keys', {
      name: 'Website',
      type: 'prod',
      default_persona_id: opened.personaId,
    });
    key = made.key;
    keyId = made.id;
    opened.server.upstream.enqueue(answer('Walruses are **large**.\n\n```js\nconst tusks = 2;\n```\n'));
    const { session } = await say('customer/4711', 'Tell me of walruses');
    await say('customer/4711', 'And of seals?', session);
    opened.server.upstream.enqueue(refuse(400, { message: 'rule 7 forbids it' }));
    await say('customer-2', 'Forbidden things');
  });
  after(() => opened?.[Symbol.asyncDispose]());

  const download = async (page: Page, act: () => Promise<void>): Promise<{ name: string; text: string }> => {
    const [file] = await Promise.all([page.waitForEvent('download'), act()]);
    return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
  };

  test('the list has all of them; filters stand in the address, and lead back to all', async () => {
    const page = await opened.open('/conversations');
    const rows = page.locator('tbody tr');
    await rows.nth(1).waitFor();
    assert.equal(await rows.count(), 2);
    await checkPage(page, 'conversations');
    await page.getByLabel('Status').selectOption('Failed');
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
    assert.match(page.url(), /status=failed/);
    assert.match((await rows.first().textContent()) ?? '', /customer-2.*Helper.*Scripted/i);
    await page.reload();
    await rows.first().waitFor();
    assert.equal(await rows.count(), 1);
    await page.getByLabel('Key').selectOption('Website');
    assert.match(page.url(), new RegExp(keyId));
    await page.getByLabel('Until').fill('2020-01-01');
    await page.getByText('No conversation has all of what the filters ask for.').waitFor();
    await checkPage(page, 'conversations-none');
    await page.getByRole('button', { name: 'Without filters' }).first().click();
    await rows.nth(1).waitFor();
    assert.equal(new URL(page.url()).search, '');
    await page.close();
  });

  test('a search leads to the message, which has the focus', async () => {
    const page = await opened.open('/conversations');
    await page.getByLabel('Words in titles and messages').fill('tusks');
    await page.locator('tbody small', { hasText: 'tusks' }).waitFor();
    await page.locator('tbody a').first().focus();
    await page.keyboard.press('Enter');
    const hit = page.locator('article', { hasText: 'Walruses are large' });
    await hit.waitFor();
    await page.waitForFunction(() => document.activeElement?.tagName === 'ARTICLE');
    assert.equal(await page.evaluate(() => document.activeElement?.textContent?.includes('tusks')), true);
    assert.equal(await hit.locator('strong').textContent(), 'large');
    assert.match(
      (await hit.locator('footer').textContent()) ?? '',
      /Scripted.*persona \d+, version 1.*tokens.*cost/,
    );
    await checkPage(page, 'conversations-reader');
    await page.close();
  });

  test('the timeline, the JSON, and both exports tell the same', async () => {
    const page = await opened.open('/conversations?user=customer/4711');
    await page.locator('tbody a').first().click();
    await page.getByRole('tab', { name: 'Messages' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('region', { name: 'Timeline' }).waitFor();
    assert.equal(await page.locator('tbody tr').count(), 2);
    await checkPage(page, 'conversations-timeline');
    await page.keyboard.press('ArrowRight');
    const json = JSON.parse((await page.getByRole('region', { name: 'JSON' }).textContent()) ?? '');
    assert.equal(json.messages.length, 4);
    await checkPage(page, 'conversations-json');
    const exported = async (item: string) =>
      download(page, async () => {
        await page.getByRole('button', { name: 'Export' }).click();
        await page.getByRole('menuitem', { name: item }).click();
      });
    const lines = (await exported('Export as JSON Lines')).text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ type, role }) => role ?? type),
      ['conversation', 'user', 'assistant', 'user', 'assistant'],
    );
    assert.deepEqual(
      lines.slice(1).map(({ content }) => content),
      json.messages.map(({ content }: { content: string }) => content),
    );
    const { name, text } = await exported('Export as Markdown');
    assert.match(name, /\.md$/);
    assert.match(
      text,
      /## customer\/4711 .*\n\nTell me of walruses\n\n## Scripted .*\n\nWalruses are \*\*large\*\*/i,
    );
    await page.close();
  });

  test('messages of the user are taken into a set, a new one and one that is there', async () => {
    const page = await opened.open('/conversations?user=customer/4711');
    await page.locator('tbody a').first().click();
    const take = (text: string) =>
      page
        .locator('article', { hasText: text })
        .getByRole('button', { name: 'Add to a set of questions' })
        .click();
    await take('And of seals?');
    const dialog = page.getByRole('dialog');
    assert.equal(await dialog.getByLabel('And of seals?').isChecked(), true);
    assert.equal(await dialog.getByLabel('Tell me of walruses').isChecked(), false);
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await dialog.getByText('Give the new set a name.').waitFor();
    await dialog.getByLabel('Tell me of walruses').check();
    await dialog.getByLabel('Name of the new set').fill('Animals');
    await checkPage(page, 'conversations-add-to-set');
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('1 question is in the set').first().waitFor();
    await take('Tell me of walruses');
    await dialog.getByLabel('And of seals?').check();
    await dialog.getByLabel('They become').selectOption({ label: '2 questions' });
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('2 questions are in the set').first().waitFor();
    const { data } = await opened.administer<{ data: { id: string; name: string }[] }>(
      'GET',
      '/question-sets',
    );
    assert.deepEqual(
      data.map(({ name }) => name),
      ['Animals'],
    );
    const { questions } = await opened.administer<{ questions: { turns: string[] }[] }>(
      'GET',
      `/question-sets/${data[0]?.id}`,
    );
    assert.deepEqual(
      questions.map(({ turns }) => turns),
      [['Tell me of walruses', 'And of seals?'], ['Tell me of walruses'], ['And of seals?']],
    );
    await page.close();
  });

  test('a running answer is followed as it is written, and cancelled', async () => {
    opened.server.upstream.enqueue({
      steps: [{ do: 'tokens', tokens: ['Half ', 'of it'] }, { do: 'stall' }],
    });
    const waiting = say('customer-3', 'Begin');
    await opened.server.upstream.request(3);
    const page = await opened.open('/conversations?status=running');
    await page.locator('tbody a').first().click();
    await page.getByText('Half of it').waitFor();
    await page.getByRole('button', { name: 'Cancel the answer' }).click();
    await waiting;
    await page.getByRole('main').getByText('Cancelled').first().waitFor();
    await page.locator('article[data-state=stopped]').waitFor();
    await page.close();
  });

  test('it is archived, taken out again, and deleted by its name', async () => {
    const page = await opened.open('/conversations?user=customer-3');
    await page.locator('tbody a').first().click();
    await page.getByRole('button', { name: 'Archive' }).click();
    await page.getByText('Archived', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Take out of the archive' }).click();
    await page.getByText('Archived', { exact: true }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Delete' }).click();
    const dialog = page.getByRole('dialog');
    assert.match((await dialog.textContent()) ?? '', /2 messages in 1 session/);
    await checkPage(page, 'conversations-delete');
    const title = (await page.locator('h1').textContent()) ?? '';
    await dialog.getByLabel(/to confirm/).fill(title);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/conversations\/?$/);
    await page.locator('tbody tr').nth(1).waitFor();
    assert.equal(await page.locator('tbody tr').count(), 2);
    await page.close();
  });

  test('an end user’s data are exported and erased, with a receipt', async () => {
    const page = await opened.open('/conversations/users');
    await page.locator('tbody tr').nth(2).waitFor();
    await checkPage(page, 'conversations-users');
    await page.getByRole('link', { name: 'customer/4711' }).click();
    await page.getByRole('heading', { name: 'customer/4711' }).waitFor();
    await checkPage(page, 'conversations-user');
    const { text } = await download(page, () =>
      page.getByRole('button', { name: 'Export everything' }).click(),
    );
    assert.match(text, /Tell me of walruses/);
    await page.getByRole('button', { name: 'Erase' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/to confirm/).fill('customer/4711');
    await dialog.getByRole('button', { name: 'Erase' }).click();
    await page.getByRole('heading', { name: 'Receipt' }).waitFor();
    assert.match((await page.getByRole('main').textContent()) ?? '', /conversations1/);
    await checkPage(page, 'conversations-receipt');
    const receipt = await download(page, () =>
      page.getByRole('button', { name: 'Save the receipt' }).click(),
    );
    assert.equal(JSON.parse(receipt.text).deleted.conversations, 1);
    await page.getByRole('link', { name: 'End users' }).click();
    await page.locator('tbody tr').nth(1).waitFor();
    await page.getByRole('link', { name: 'customer/4711' }).waitFor({ state: 'detached' });
    await page.close();
  });

  test('no page complained', () => assert.deepEqual(opened.complaints, []));
});
