/** Long conversations, links to messages, the web for one message, personas for members, and the operator outside. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { administer } from 'colloquy-testkit/tenants';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import type { Page } from 'playwright-core';
import { checkPage, type FurnishedConsole, person, startFurnishedConsole, withChromium } from './console.ts';

describe('places in the chat', withChromium, () => {
  const turns = 90;
  let opened: FurnishedConsole;
  let key = '';
  let conversation = '';

  async function call<T>(path: string, body: object): Promise<T> {
    const response = await fetch(opened.server.url + path, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    assert.ok(response.ok, `${path}: ${text}`);
    return JSON.parse(text) as T;
  }

  before(async () => {
    opened = await startFurnishedConsole();
    key = (await opened.administer<{ key: string }>('POST', '/keys', { name: 'Importer', type: 'prod' })).key;
    conversation = (await call<{ id: string }>('/chats/create', { name: 'A long story' })).id;
    for (let turn = 0; turn < turns; turn += 1)
      for (const [role, message] of [
        ['Human', `Question ${turn}`],
        ['Assistant', `Chapter ${turn}\n\n${'It goes on. '.repeat(20)}`],
      ])
        await call('/conversations/create', { chat_id: conversation, role, message });
  });
  after(() => opened?.[Symbol.asyncDispose]());

  const log = (page: Page) => page.getByRole('log');
  const article = (page: Page, text: string) =>
    page.getByRole('article').filter({ hasText: new RegExp(`${text}(?!\\d)`) });
  const focused = (page: Page, text: string) =>
    page.waitForFunction(
      (wanted) =>
        document.activeElement?.tagName === 'ARTICLE' && document.activeElement.textContent?.includes(wanted),
      text,
    );
  async function choose(page: Page, item: string): Promise<void> {
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: item }).click();
  }

  test('the beginning is one step away; from there one reads on, and says something at the end', async () => {
    const page = await opened.open(`/chat/${conversation}`);
    await article(page, 'Chapter 89').waitFor();
    assert.equal(await article(page, 'Chapter 0').count(), 0);
    await choose(page, 'To the beginning');
    await focused(page, 'Question 0');
    assert.equal(await article(page, 'Chapter 89').count(), 0, 'the middle is not read');
    await checkPage(page, 'chat-beginning');
    // By the keyboard alone, to what is not read yet.
    for (let step = 0; step < 120; step += 1) await page.keyboard.press('Alt+ArrowDown');
    await article(page, 'Chapter 40').waitFor();
    await page.getByRole('button', { name: 'To the end' }).click();
    await article(page, 'Chapter 89').waitFor();
    await choose(page, 'To the beginning');
    await focused(page, 'Question 0');
    opened.server.upstream.enqueue(answer('The epilogue.'));
    // Another one takes over behind the end, not in the middle that is shown.
    await page.getByLabel('Answers').selectOption({ label: 'Helper' });
    await page.getByText('From here on, it is answered by another one.').waitFor();
    await article(page, 'Chapter 89').waitFor();
    await choose(page, 'To the beginning');
    await focused(page, 'Question 0');
    await page.getByLabel('Message', { exact: true }).fill('And then?');
    await page.keyboard.press('Enter');
    await log(page).getByText('The epilogue.').waitFor();
    assert.ok(await log(page).getByText('The epilogue.').isVisible());
    assert.equal(await article(page, 'Question 0').count(), 0);
    await page.close();
  });

  test('a date leads to its first message; without one the dialog says what is missing', async () => {
    const page = await opened.open(`/chat/${conversation}`);
    await article(page, 'Chapter 89').waitFor();
    await choose(page, 'To a date…');
    const dialog = page.getByRole('dialog');
    await page.keyboard.press('Enter');
    await dialog.getByText('Choose a date.').waitFor();
    await checkPage(page, 'chat-date');
    await dialog.getByLabel('Date', { exact: true }).fill('2020-02-29');
    await page.keyboard.press('Enter');
    await focused(page, 'Question 0');
    await page.close();
  });

  test('a link opens at its message, far from the end; one that is gone says so', async () => {
    const page = await opened.open(`/chat/${conversation}`);
    await article(page, 'Chapter 89').waitFor();
    await choose(page, 'To the beginning');
    await article(page, 'Question 3').getByRole('button', { name: 'Copy a link to this message' }).click();
    await page.getByText('Copied').first().waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const other = await opened.newPage();
    await other.goto(link);
    await focused(other, 'Question 3');
    assert.equal(await article(other, 'Chapter 89').count(), 0);
    await other.goto(link.replace(/message=[0-9a-f-]+/, 'message=019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01'));
    await other.getByText('The message of the link is not in this conversation any more.').waitFor();
    await article(other, 'Chapter 89').waitFor();
    await other.close();
    await page.close();
  });

  test('what was found by its words is shown, also in the conversation that is open', async () => {
    const page = await opened.open('/chat');
    for (const text of ['Birds', 'About puffins', 'About gannets']) {
      await page.getByLabel('Message', { exact: true }).fill(text);
      await page.keyboard.press('Enter');
      await log(page).getByText(`You said: ${text}`).waitFor();
    }
    const list = page.getByRole('navigation', { name: 'Your conversations' });
    for (const words of ['puffins', 'gannets', 'puffins']) {
      await page.getByRole('searchbox').fill(words);
      await list.getByRole('link', { name: new RegExp(`About ${words}`) }).click();
      await focused(page, `About ${words}`);
    }
    await page.close();
  });

  test('a message asks for the web, where who answers can use it and the organization lets it', async () => {
    const page = await opened.open('/chat');
    await page.getByLabel('Answers').selectOption({ label: 'Scripted' });
    const web = page.getByRole('button', { name: 'Use the web' });
    await web.waitFor();
    assert.equal(await web.getAttribute('aria-pressed'), 'false');
    const sent = async (text: string) => {
      const [request] = await Promise.all([
        page.waitForRequest(
          (asked) => /\/api\/chat\/\w+\/stream/.test(asked.url()) && asked.method() === 'POST',
        ),
        page
          .getByLabel('Message', { exact: true })
          .fill(text)
          .then(() => page.keyboard.press('Enter')),
      ]);
      await log(page).getByText(`You said: ${text}`).waitFor();
      return request.postDataJSON().internet;
    };
    assert.equal(await sent('Without'), undefined);
    await web.focus();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Use the web', pressed: true }).waitFor();
    await checkPage(page, 'chat-web');
    assert.equal(await sent('With'), true);
    await web.click();
    assert.equal(await sent('Without again'), false);
    await opened.administer('PATCH', '/settings', { internet: 'off' });
    await page.reload();
    await log(page).getByText('You said: Without again').waitFor();
    await page.waitForFunction(() => document.querySelectorAll('article').length > 0);
    assert.equal(await web.count(), 0, 'what the organization has turned off is not offered');
    await opened.administer('PATCH', '/settings', { internet: 'on' });
    await page.close();
  });

  test('a member who administers nothing chooses among the personas', async () => {
    const { origin } = new URL(opened.url);
    const { data } = await administer<{ data: { id: string; name: string }[] }>(
      opened.server.url,
      'GET',
      '/organizations',
    );
    const made = await opened.page.context().request.post(`${origin}/api/console/links`, {
      data: {
        ...{ email: 'bo@example.com', purpose: 'invite', role: 'member' },
        org_id: data.find(({ name }) => name === 'default')?.id,
      },
      headers: { origin, 'sec-fetch-site': 'same-origin' },
    });
    const { url } = (await made.json()) as { url: string };
    const page = await opened.openSignedOut(new URL(url).hash);
    await page.getByLabel('Your name').fill('Bo');
    await page.getByLabel('New password').fill(person.password);
    await page.getByLabel('The same password again').fill(person.password);
    await page.getByRole('button', { name: 'Set the password and sign in' }).click();
    await page.getByRole('navigation', { name: 'Views' }).waitFor();
    const answers = page.getByLabel('Answers');
    await answers.waitFor();
    await page
      .getByRole('group', { name: 'Personas' })
      .or(answers.locator('optgroup[label=Personas]'))
      .waitFor({ state: 'attached' });
    await answers.selectOption({ label: 'Helper' });
    await page.getByLabel('Message', { exact: true }).fill('Who are you?');
    await page.keyboard.press('Enter');
    await log(page).getByText('You said: Who are you?').waitFor();
    await log(page).getByText('Answer by Helper').waitFor();
    await page.context().close();
  });

  test('the operator who is no member of an organization is led out of its chat', async () => {
    const { id } = await administer<{ id: string }>(opened.server.url, 'POST', '/organizations', {
      name: 'Elsewhere',
    });
    const page = await opened.newPage();
    await page.goto(`${opened.url}/chat?org=${id}`);
    await page.getByRole('heading', { name: 'You are not a member of Elsewhere' }).waitFor();
    await checkPage(page, 'chat-not-member');
    assert.ok(await page.getByRole('link', { name: 'Invite a member' }).isVisible());
    await page.getByRole('button', { name: 'Chat in default' }).click();
    await page.getByRole('searchbox', { name: 'Search your conversations' }).waitFor();
    await page.close();
  });

  test('no page complained', () => assert.deepEqual(opened.complaintsBut(/status of (400|401|404)/), []));
});
