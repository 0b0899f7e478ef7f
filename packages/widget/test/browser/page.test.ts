/** What pages do with the element: attributes, methods, events, and several of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer, gate } from 'colloquy-testkit/upstream/scripted-upstream';
import { violationsOf } from 'colloquy-testkit/web/violations';
import { describeOnSite, visit } from './visit.ts';

const pictures = process.env.COLLOQUY_TEST_PICTURES;
const module = '<script type="module" src="{server}/widget.js"></script>';

describeOnSite('pages and the widget', (stage) => {
  test('methods and events', async () => {
    const listen = `window.heard = [];
      for (const name of ['ready', 'open', 'close', 'message', 'answer', 'feedback', 'link', 'error'])
        addEventListener('colloquy:' + name, (event) => {
          window.heard.push([name, event.detail]);
          if (name === 'link') event.preventDefault();
        });`;
    const { page, context, complaints, panel, answers } = await visit(
      stage.browser,
      stage.site.page(`<colloquy-chat token-endpoint="/chat-token"></colloquy-chat>${module}`, {
        script: listen,
      }),
    );
    await page.waitForFunction(
      () => ((window as { heard?: readonly unknown[] } & Window).heard?.length ?? 0) > 0,
    );
    stage.site.upstream.enqueue(answer('See [this](https://example.com/).'));
    assert.equal(
      await page.evaluate(async () => {
        const chat = document.querySelector('colloquy-chat') as HTMLElement & {
          send(text: string): Promise<boolean>;
          setContext(context: object): void;
        };
        chat.setContext({ page: '/prices', product: 7 });
        return chat.send('From the page');
      }),
      true,
    );
    await answers.last().locator('[aria-pressed]').first().waitFor();
    await answers.last().getByRole('button', { name: 'Good answer' }).click();
    await answers.last().getByRole('link').click();
    await page.evaluate(() =>
      (document.querySelector('colloquy-chat') as HTMLElement & { close(): void }).close(),
    );
    await panel.waitFor({ state: 'hidden' });
    const heard = (await page.evaluate('window.heard')) as [string, Record<string, unknown>][];
    assert.deepEqual(
      heard.map(([name]) => name),
      ['ready', 'open', 'message', 'answer', 'feedback', 'link', 'close'],
    );
    assert.deepEqual(heard[2]?.[1], { text: 'From the page' });
    assert.equal(heard[3]?.[1].text, 'See [this](https://example.com/).');
    assert.equal(heard[4]?.[1].rating, 1);
    assert.equal(heard[5]?.[1].href, 'https://example.com/');
    assert.equal(context.pages().length, 1);
    const refused = await page.evaluate(() => {
      try {
        (
          document.querySelector('colloquy-chat') as HTMLElement & { setContext(context: object): void }
        ).setContext({ page: {} });
        return '';
      } catch (error) {
        return String(error);
      }
    });
    assert.match(refused, /TypeError: setContext: page is not a text/);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('two in one page, inline, each with its own conversation; nothing is asked for a third that has nothing to ask', async () => {
    const { page, context, complaints } = await visit(
      stage.browser,
      stage.site.page(
        `<h1>Two</h1>
<div class="box"><colloquy-chat id="one" mode="inline" history="none" token-endpoint="/chat-token" heading="One" lang="de"></colloquy-chat></div>
<div class="box"><colloquy-chat id="two" mode="inline" history="none" token-endpoint="/chat-token" heading="Two"></colloquy-chat></div>
<div class="box"><colloquy-chat id="three" mode="inline" heading="Three"></colloquy-chat></div>${module}`,
      ),
    );
    const [one, two, three] = ['one', 'two', 'three'].map((id) => page.locator(`#${id} #panel`));
    assert.ok(one && two && three);
    for (const [panel, name, send] of [
      [one, 'One', 'Senden'],
      [two, 'Two', 'Send'],
    ] as const) {
      await panel.locator(`[aria-label=${send}]`).waitFor();
      stage.site.upstream.enqueue(answer(`Answer ${name}`));
      await panel.locator('textarea').fill(`Question ${name}`);
      await panel.locator('[part~=send][aria-disabled=false]').click();
      await panel.getByText(`Answer ${name}`).waitFor();
    }
    assert.equal(await one.locator('article').count(), 2);
    assert.equal(await two.locator('article').count(), 2);
    await three.getByText('The message could not be taken.').waitFor();
    const sizes = await Promise.all([one, two].map((panel) => panel.boundingBox()));
    for (const size of sizes) assert.equal(size?.height, 560);
    assert.deepEqual(await violationsOf(page, '#one'), []);
    if (pictures) await page.screenshot({ path: `${pictures}/widget-inline.png`, fullPage: true });
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('a new conversation, the download, and the deletion', async () => {
    const { page, context, launcher, panel, answers, say, answered } = await visit(
      stage.browser,
      stage.site.page(
        `<script type="module" src="{server}/widget.js" data-token-endpoint="/chat-token"></script>`,
      ),
    );
    await context.addCookies([{ name: 'visitor', value: 'carol', url: stage.site.url }]);
    await launcher.click();
    stage.site.upstream.enqueue(answer('An answer to keep'));
    await say('A question to keep');
    await answered();
    const menu = panel.locator('[part~=menu]');
    await menu.click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      panel.getByRole('button', { name: 'Download the conversation' }).click(),
    ]);
    assert.equal(download.suggestedFilename(), 'conversation.md');
    const text = await (await import('node:fs/promises')).readFile(await download.path(), 'utf8');
    assert.match(text, /## You · .*\n\nA question to keep\n\n## Answer by .*\n\nAn answer to keep\n/);
    await menu.click();
    await panel.getByRole('button', { name: 'Delete the conversation' }).click();
    await panel.getByText('Delete this conversation?').waitFor();
    await panel.getByRole('button', { name: 'Delete the conversation' }).click();
    await answers.first().waitFor({ state: 'detached' });
    await page.reload();
    await panel.getByText('Hello! How can I help you?').waitFor();
    await context.close();
  });

  test('another visitor sees nothing of the one before', async () => {
    const { page, context, panel, launcher, answers, say, answered } = await visit(
      stage.browser,
      stage.site.page(`<colloquy-chat token-endpoint="/chat-token" user-key="a"></colloquy-chat>${module}`),
    );
    await context.addCookies([{ name: 'visitor', value: 'alice', url: stage.site.url }]);
    await launcher.click();
    stage.site.upstream.enqueue(answer('For Alice only'));
    await say('I am Alice');
    await answered();
    await context.addCookies([{ name: 'visitor', value: 'bob', url: stage.site.url }]);
    await page.evaluate(() => document.querySelector('colloquy-chat')?.setAttribute('user-key', 'b'));
    await panel.getByText('Hello! How can I help you?').waitFor();
    assert.equal(await answers.count(), 0);
    await context.addCookies([{ name: 'visitor', value: 'alice', url: stage.site.url }]);
    await page.evaluate(() => document.querySelector('colloquy-chat')?.setAttribute('user-key', 'a'));
    await answers.last().getByText('For Alice only').waitFor();
    await context.close();
  });

  test('by keyboard alone, heard by a screen reader, and told of while it is closed', async () => {
    const { page, context, launcher, panel, field, answers } = await visit(
      stage.browser,
      stage.site.page(
        '<main><button>Buy</button></main><script type="module" src="{server}/widget.js" data-token-endpoint="/chat-token" data-history="session"></script>',
      ),
    );
    await launcher.waitFor();
    const focused = (): Promise<string> =>
      page.evaluate(() => {
        const { activeElement } = document.activeElement?.shadowRoot ?? document;
        return (
          activeElement?.getAttribute('aria-label') ??
          activeElement?.getAttribute('data-message') ??
          activeElement?.tagName ??
          ''
        );
      });
    const heard = (): Promise<string> =>
      page
        .locator('[role=status][aria-live]')
        .first()
        .textContent()
        .then((text) => text?.trim() ?? '');
    // What is said, in the order in which it is.
    await page.evaluate(() => {
      const region = document
        .querySelector('colloquy-chat')
        ?.shadowRoot?.querySelector('[role=status][aria-live]');
      const said: string[] = [];
      Object.assign(window, { said });
      if (region)
        new MutationObserver(() => said.push(region.textContent?.trim() ?? '')).observe(region, {
          childList: true,
          characterData: true,
          subtree: true,
        });
    });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await panel.getByText('Hello! How can I help you?').waitFor();
    stage.site.upstream.enqueue(answer('One sentence. And **another** one.'));
    await page.keyboard.type('Say two sentences');
    await page.keyboard.press('Enter');
    await page.waitForFunction(
      (text) => (window as { said?: readonly string[] } & Window).said?.includes(text),
      'One sentence. And another one.',
    );
    assert.deepEqual(await page.evaluate("window.said.filter((text) => text !== '')"), [
      'Answering',
      'One sentence. And another one.',
    ]);
    assert.equal(await focused(), 'TEXTAREA');
    await page.keyboard.press('Alt+ArrowUp');
    assert.equal(await focused(), await answers.last().getAttribute('data-message'));
    await page.keyboard.press('Alt+ArrowUp');
    assert.equal(await focused(), await panel.locator('[part~=user]').getAttribute('data-message'));

    await field.focus();
    const { step, release } = gate();
    stage.site.upstream.enqueue({
      steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Later'] }, step, { do: 'finish' }, { do: 'end' }],
    });
    await page.keyboard.type('And now?');
    await page.keyboard.press('Enter');
    await answers.last().getByText('Later').waitFor();
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'hidden' });
    release();
    await launcher.getByText('1 new answer').waitFor({ state: 'attached' });
    await page.waitForFunction(
      (text) => (window as { said?: readonly string[] } & Window).said?.includes(text),
      'Later',
    );
    assert.equal(await heard(), 'Later');
    await page.keyboard.press('Enter');
    await panel.waitFor();
    assert.equal(await launcher.getByText('1 new answer').count(), 0);
    // The tab has kept its conversation, though not a word of it.
    await page.reload();
    await answers.last().getByText('Later').waitFor();
    assert.doesNotMatch(await page.evaluate(() => JSON.stringify({ ...sessionStorage })), /sentence|Later/);
    await context.close();
  });

  test('on a phone the rest of the page can’t be reached while the chat is open, and can afterwards', async () => {
    const { page, context, launcher, panel } = await visit(
      stage.browser,
      stage.site.page(
        `<main><button id="buy">Buy</button></main><script type="module" src="{server}/widget.js" data-token-endpoint="/chat-token"></script>`,
      ),
      { width: 375 },
    );
    await launcher.click();
    assert.equal(await panel.getAttribute('aria-modal'), 'true');
    assert.equal(await page.locator('main').getAttribute('inert'), '');
    const size = await panel.boundingBox();
    assert.deepEqual([size?.x, size?.y, size?.width, size?.height], [0, 0, 375, 800]);
    assert.equal(await launcher.isVisible(), false);
    await panel.getByRole('button', { name: 'Close the chat' }).click();
    assert.equal(await page.locator('main').getAttribute('inert'), null);
    assert.equal(await page.evaluate(() => document.documentElement.style.overflow), '');
    await launcher.waitFor();
    await context.close();
  });

  test('as a page of its own it fills the window, and is what is talked in', async () => {
    const { page, context, complaints, panel, say, answered } = await visit(
      stage.browser,
      stage.site.page(
        `<colloquy-chat mode="page" history="none" lang="ar" token-endpoint="/chat-token"></colloquy-chat>${module}`,
        {
          isHostile: true,
        },
      ),
    );
    stage.site.upstream.enqueue(answer('مرحبا'));
    await say('Hello');
    assert.equal(await answered(), 'مرحبا');
    const size = await panel.boundingBox();
    assert.deepEqual([size?.width, size?.height], [1200, 800]);
    // The heading begins where the line does, whatever letters it has.
    const heading = await panel.locator('h2').boundingBox();
    const words = await panel.locator('h2 bdi').boundingBox();
    assert.ok(heading && words && Math.abs(heading.x + heading.width - words.x - words.width) < 2);
    if (pictures) await page.screenshot({ path: `${pictures}/widget-page.png` });
    assert.deepEqual(await violationsOf(page, 'colloquy-chat'), []);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('an accent that can’t be read gets another colour on it, and the page is told', async () => {
    const warnings: string[] = [];
    const { page, context, launcher } = await visit(stage.browser, stage.site.page(''));
    page.on('console', (message) => warnings.push(message.text()));
    await page.goto(
      stage.site.page(`<colloquy-chat token-endpoint="/chat-token"></colloquy-chat>${module}`, {
        script:
          "document.addEventListener('DOMContentLoaded', () => { const { style } = document.querySelector('colloquy-chat'); style.setProperty('--colloquy-accent', '#ffdd00'); style.setProperty('--colloquy-on-accent', 'white'); });",
      }),
    );
    await launcher.waitFor();
    await page.waitForFunction(() => {
      const launcher = document.querySelector('colloquy-chat')?.shadowRoot?.querySelector('[part~=launcher]');
      return (
        launcher !== null && launcher !== undefined && getComputedStyle(launcher).color === 'rgb(0, 0, 0)'
      );
    });
    assert.ok(
      warnings.some((text) => /contrast of 1\.\d on --colloquy-accent/.test(text)),
      warnings.join(),
    );
    await context.close();
  });

  test('a test key works on this machine, and any other is refused with what to do', async () => {
    const page = stage.site.page(
      `<colloquy-chat api-key="${stage.site.testKey}" open></colloquy-chat>${module}`,
    );
    const { context, say, answered } = await visit(stage.browser, page);
    stage.site.upstream.enqueue(answer('With a test key'));
    await say('Hello');
    assert.equal(await answered(), 'With a test key');
    await context.close();
    const warnings: string[] = [];
    const refused = await visit(stage.browser, stage.site.page(''));
    refused.page.on('console', (message) => warnings.push(message.text()));
    await refused.page.goto(
      stage.site.page(`<colloquy-chat api-key="sk_prod_1" open></colloquy-chat>${module}`),
    );
    await refused.panel.getByText('The message could not be taken.').waitFor();
    assert.ok(warnings.some((text) => /api-key is refused: whoever sees the page/.test(text)));
    await refused.context.close();
  });
});
