/** Talking: streams, stopping, branches, the queue, reloading in mid-answer, a second tab, figures, search. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer, gate, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import type { Page } from 'playwright-core';
import { addScriptedModel, checkPage, startConsole, type TestConsole, withChromium } from './console.ts';

async function startChat(): Promise<TestConsole> {
  const opened = await startConsole();
  await opened.setUp();
  await addScriptedModel(opened);
  await opened.page.goto(`${opened.url}/chat`);
  const { page } = opened;
  await page.getByLabel('Answers').selectOption({ label: 'scripted' });
  return opened;
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.keyboard.press('Enter');
}

/** An answer that says its first words, and the rest when it is let. */
function halves(first: string, second: string) {
  const { step, release } = gate();
  const script = {
    steps: [
      { do: 'headers' },
      { do: 'tokens', tokens: [first] },
      step,
      { do: 'tokens', tokens: [second] },
      { do: 'finish' },
      { do: 'usage', promptTokens: 10, completionTokens: 2 },
      { do: 'end' },
    ],
  } as const;
  return { script, release };
}

const log = (page: Page) => page.getByRole('log');

test('a question is answered, with its figures and what the model was sent', withChromium, async () => {
  await using opened = await startChat();
  const { page, server, complaints } = opened;
  await checkPage(page, 'chat-new');
  server.upstream.enqueue(
    answer(
      '# Answer\n\nA **bold** word, `code`, [a link](https://example.com) and\n\n```js\nconst a = 1;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n',
      {
        reasoning: ['Let me', ' think.'],
      },
    ),
  );
  await say(page, 'What is it?');
  await log(page).getByText('bold', { exact: true }).waitFor();
  await page
    .getByText(/^scripted$/)
    .last()
    .waitFor();
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}$/);
  await page.locator('.hljs-keyword').waitFor();
  await page.getByRole('navigation', { name: 'Your conversations' }).getByRole('link').nth(1).waitFor();
  await checkPage(page, 'chat-answered');
  await page.getByRole('button', { name: 'What the model was sent' }).click();
  await page.getByText(/of [\d,.]+ tokens that fit/).waitFor();
  await checkPage(page, 'chat-receipt');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Good answer' }).click();
  await page.getByRole('button', { name: 'Good answer', pressed: true }).waitFor();
  assert.deepEqual(complaints, []);
});

test('stop keeps what was written; an edited question is a branch beside it', withChromium, async () => {
  await using opened = await startChat();
  const { page, server, complaints } = opened;
  const half = halves('The first half', ' never comes');
  server.upstream.enqueue(half.script);
  await say(page, 'First wording');
  await log(page).getByText('The first half').waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('Stopped').first().waitFor();
  assert.match((await log(page).textContent()) ?? '', /The first half/);
  half.release();
  await page.keyboard.press('ArrowUp');
  await page.getByLabel('Your message').fill('Second wording');
  await page.keyboard.press('Enter');
  await log(page).getByText('You said: Second wording').waitFor();
  assert.equal(await log(page).getByText('First wording').count(), 0);
  await page.getByText('2/2').waitFor();
  await checkPage(page, 'chat-branches');
  await page.getByRole('button', { name: 'Earlier version' }).click();
  await log(page).getByText('First wording').waitFor();
  await log(page).getByText('The first half').waitFor();
  await page.getByLabel('Message', { exact: true }).focus();
  await page.keyboard.press('Alt+ArrowRight');
  await log(page).getByText('You said: Second wording').waitFor();
  await page.getByRole('button', { name: 'Answer again' }).click();
  await page.getByText('2/2').nth(1).waitFor();
  assert.deepEqual(complaints, []);
});

test('reloading in mid-answer, and a second tab, read on with the same answer', withChromium, async () => {
  await using opened = await startChat();
  const { page, server, complaints } = opened;
  const half = halves('Before the reload', ', and behind it.');
  server.upstream.enqueue(half.script);
  await say(page, 'Go on?');
  await log(page).getByText('Before the reload').waitFor();
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}$/);
  await page.reload();
  await log(page).getByText('Before the reload').waitFor();
  const second = await opened.newPage();
  await second.goto(page.url());
  await log(second).getByText('Before the reload').waitFor();
  half.release();
  await log(page).getByText('Before the reload, and behind it.').waitFor();
  await log(second).getByText('Before the reload, and behind it.').waitFor();
  await say(second, 'From the other tab');
  await log(second).getByText('You said: From the other tab').waitFor();
  await log(page).getByText('You said: From the other tab').waitFor();
  const asked = server.upstream.requests.filter(({ lastUserMessage }) => lastUserMessage === 'Go on?');
  assert.equal(asked.length, 1);
  assert.deepEqual(complaints, []);
});

test(
  'what is said meanwhile waits with its place, can be taken back, or interrupts',
  withChromium,
  async () => {
    await using opened = await startChat();
    const { page, server, complaints } = opened;
    const half = halves('Slowly', ' done.');
    server.upstream.enqueue(half.script);
    await say(page, 'One');
    await log(page).getByText('Slowly').waitFor();
    await say(page, 'Two');
    await say(page, 'Three');
    await page.getByText('2 messages wait for the answer').first().waitFor();
    await checkPage(page, 'chat-queue');
    // The answer that waits is deleted behind its question.
    const deletedAt = page.waitForResponse(
      (() => {
        let deleted = 0;
        return (response) => {
          if (response.request().method() === 'DELETE') deleted += 1;
          return deleted === 2;
        };
      })(),
    );
    await page.getByRole('listitem').filter({ hasText: '1. Two' }).getByRole('button').click();
    await deletedAt;
    await page.getByText('1 message waits for the answer').first().waitFor();
    half.release();
    await log(page).getByText('You said: Three').waitFor();
    assert.equal(
      server.upstream.requests.filter(({ lastUserMessage }) => lastUserMessage === 'Two').length,
      0,
    );
    assert.deepEqual(complaints, []);
  },
);

test('a failure is told with the provider’s words, and answered again', withChromium, async () => {
  await using opened = await startChat();
  const { page, server, complaints } = opened;
  server.upstream.enqueue(refuse(400, { message: 'the scripted model is out of order' }));
  await say(page, 'Does it work?');
  await page
    .getByText(/out of order/)
    .first()
    .waitFor();
  await checkPage(page, 'chat-failed');
  await page.getByRole('button', { name: 'Answer again' }).first().click();
  await log(page).getByText('You said: Does it work?').waitFor();
  assert.deepEqual(complaints, []);
});

test('conversations are found by their words, renamed, archived and deleted', withChromium, async () => {
  await using opened = await startChat();
  const { page, complaints } = opened;
  await say(page, 'Something about herons');
  await log(page).getByText('You said: Something about herons').waitFor();
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}$/);
  const list = page.getByRole('navigation', { name: 'Your conversations' });
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Rename' }).click();
  await page.getByLabel('Title').fill('Birds');
  await page.keyboard.press('Enter');
  await list.getByRole('link', { name: 'Birds' }).waitFor();
  await list.getByRole('link', { name: 'New chat' }).click();
  await page.getByRole('searchbox').fill('herons');
  await list
    .getByText(/herons/)
    .last()
    .waitFor();
  await checkPage(page, 'chat-search');
  await list.getByRole('link', { name: /^Birds/ }).click();
  await page.getByRole('heading', { name: 'Birds' }).waitFor();
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('The conversation is deleted').waitFor();
  await list.getByText('No conversation has these words.').waitFor();
  await page.setViewportSize({ width: 375, height: 720 });
  await page.getByRole('main').getByRole('link', { name: 'Conversations' }).click();
  await page.getByRole('searchbox').waitFor();
  assert.deepEqual(complaints, []);
});

test(
  'a link leads to its message; another environment has conversations of its own',
  withChromium,
  async () => {
    await using opened = await startChat();
    const { page, complaints } = opened;
    await say(page, 'In production');
    await log(page).getByText('You said: In production').waitFor();
    await page.waitForURL(/\/chat\/[0-9a-f-]{36}$/);
    await page.getByRole('button', { name: 'Copy a link to this message' }).last().click();
    await page.getByText('Copied').first().waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const other = await opened.newPage();
    await other.goto(link);
    const answered = other.getByRole('article').filter({ hasText: 'You said: In production' });
    await answered.waitFor();
    await other.waitForFunction(() => document.activeElement?.tagName === 'ARTICLE');
    await page.getByLabel('Environment').selectOption('test');
    await page.getByText('You see the data of the test environment.').waitFor();
    await page.getByText('Your conversations will stand here.').waitFor();
    await page.getByLabel('Answers').selectOption({ label: 'scripted' });
    await say(page, 'In the test environment');
    await log(page).getByText('You said: In the test environment').waitFor();
    await page.waitForURL(/\/chat\/[0-9a-f-]{36}$/);
    await checkPage(page, 'chat-test-environment');
    await page.getByLabel('Environment').selectOption('prod');
    const list = page.getByRole('navigation', { name: 'Your conversations' });
    await list.getByRole('link').nth(1).waitFor();
    assert.equal(await list.getByRole('link').count(), 2, 'the button, and the one of production');
    assert.deepEqual(complaints, []);
  },
);
