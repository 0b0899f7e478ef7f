/** The components in a real browser: what is seen, what keys do, and what axe finds. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chromiumForTests } from 'colloquy-testkit/services';
import { violationsOf } from 'colloquy-testkit/web/violations';
import type { Page } from 'playwright-core';
import { type Gallery, startGallery } from './gallery-page.ts';

const found = chromiumForTests();
const pictures = process.env.COLLOQUY_TEST_PICTURES;

describe('components', 'skip' in found ? found : {}, () => {
  let gallery: Gallery;
  before(async () => {
    if (!('skip' in found)) gallery = await startGallery(found.path);
  });
  after(() => gallery?.[Symbol.asyncDispose]());

  const scroller = (page: Page) => page.getByRole('log');
  const distance = (page: Page): Promise<number> =>
    scroller(page).evaluate((of) => of.scrollHeight - of.scrollTop - of.clientHeight);
  const shown = (page: Page): Promise<readonly (string | null)[]> =>
    page.locator('article').evaluateAll((all) => all.map((one) => one.getAttribute('data-message')));
  /** Waits until what was changed is drawn. */
  const drawn = (page: Page): Promise<void> =>
    page.evaluate(
      () =>
        new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))),
    );

  for (const width of [1200, 375])
    for (const scheme of ['light', 'dark'] as const)
      for (const language of ['en', 'ar'])
        test(`axe at ${width}, ${scheme}, ${language}`, async () => {
          const page = await gallery.open(`lang=${language}`, { width, scheme });
          await page.locator('details').evaluateAll((all) => {
            for (const one of all) one.setAttribute('open', '');
          });
          if (language === 'ar') await page.getByRole('button', { name: 'إرسال' }).waitFor();
          assert.deepEqual(await violationsOf(page), []);
          const hasOverflow = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
          assert.equal(hasOverflow, false);
          if (pictures)
            await page.screenshot({
              path: `${pictures}/states-${width}-${scheme}-${language}.png`,
              fullPage: true,
            });
          await page.context().close();
        });

  test('an answer is elements: no address but the allowed ones, no HTML, no image', async () => {
    const page = await gallery.open('');
    const answer = page.locator('[data-message=a1]');
    assert.deepEqual(
      await answer.locator('a').evaluateAll((all) => all.map((one) => one.getAttribute('href'))),
      [
        'https://example.com/prices',
        'https://example.org/',
        'mailto:mail@example.com',
        'https://example.com/prices',
        'https://example.com/cat.png',
        'https://example.com/prices',
      ],
    );
    assert.equal(await answer.locator('img, b, script').count(), 0);
    const text = (await answer.textContent()) ?? '';
    assert.ok(text.includes('link (example.com)') && text.includes('host (example.org)'), text);
    assert.ok(text.includes('<b onclick="alert(1)">no HTML</b><img src=x onerror=alert(1)>'));
    assert.ok(text.includes('Image: A cat (example.com)'));
    assert.equal(await page.locator('[data-message=u1] b').count(), 0);
    await answer.locator('figure button').click();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^const answer = /);
    await page.context().close();
  });

  test('the composer by keyboard: sends, breaks lines, grows, and leaves input methods alone', async () => {
    const page = await gallery.open('talk');
    const field = page.getByRole('textbox', { name: 'Message' });
    await field.focus();
    const low = (await field.boundingBox())?.height ?? 0;
    await page.keyboard.type('one');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('two');
    assert.ok(((await field.boundingBox())?.height ?? 0) > low);
    await field.dispatchEvent('keydown', { key: 'Enter', isComposing: true });
    assert.deepEqual(await page.evaluate(() => window.gallery.sent), []);
    await page.keyboard.press('Enter');
    assert.deepEqual(await page.evaluate(() => window.gallery.sent), ['one\ntwo']);
    assert.equal(await field.inputValue(), '');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => window.gallery.sent.length), 1);
    await page.context().close();
  });

  test('a text that is too long is kept whole, said so, and sent once it is short enough', async () => {
    const page = await gallery.open('talk');
    const area = page.getByRole('textbox');
    const said = page.getByText('The message is too long. 8002 / 8000');
    // Characters that JavaScript counts twice.
    const text = '🦭'.repeat(8002);
    await area.fill(`${text}\n`);
    await said.waitFor();
    assert.equal(await area.getAttribute('aria-invalid'), 'true');
    const violations = (await violationsOf(page)).filter((one) => !one.startsWith('page-has-heading-one'));
    assert.deepEqual(violations, []);
    if (pictures) await page.screenshot({ path: `${pictures}/too-long.png` });
    await area.press('Enter');
    assert.equal(await area.inputValue(), `${text}\n`);
    assert.deepEqual(await page.evaluate(() => window.gallery.sent), []);
    await area.fill(text.slice(4));
    await said.waitFor({ state: 'detached' });
    await area.press('Enter');
    assert.deepEqual(await page.evaluate(() => window.gallery.sent), [text.slice(4)]);
    await page.context().close();
  });

  test('Escape and the button stop an answer', async () => {
    const page = await gallery.open('talk&busy');
    await page.getByRole('textbox').press('Escape');
    await page.getByRole('button', { name: 'Stop' }).click();
    assert.equal(await page.evaluate(() => window.gallery.stops), 2);
    await page.getByRole('textbox').fill('meanwhile');
    await page.getByRole('button', { name: 'Stop' }).click();
    assert.equal(await page.evaluate(() => window.gallery.stops), 3);
    await page.getByRole('button', { name: 'Send' }).click();
    assert.deepEqual(await page.evaluate(() => window.gallery.sent), ['meanwhile']);
    await page.context().close();
  });

  test('of a long answer, what is finished is drawn once, and stands where it stood while more was written', async () => {
    const page = await gallery.open('talk&count=4');
    const heights = await page.evaluate(async () => {
      const { set, messagesOf } = window.gallery;
      const before = messagesOf(0, 4);
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      const block = (index: number) => `Paragraph ${index}.\n\n\`\`\`js\nlet a${index};\n\`\`\`\n\n`;
      const text = Array.from({ length: 60 }, (_, index) => block(index)).join('');
      const show = async (length: number, state: 'writing' | 'done') => {
        set([...before, { id: 'answer', role: 'assistant', text: text.slice(0, length), state }]);
        for (let frames = 0; frames < 3; frames += 1) await frame();
        const whole = document.querySelector('[data-message=answer] [part=text]');
        return whole?.getBoundingClientRect().height;
      };
      for (let length = 40; length < text.length; length += 40) await show(length, 'writing');
      const grown = [await show(text.length, 'writing'), await show(text.length, 'done')];
      set(before);
      await frame();
      const begunBefore = [await show(text.length, 'writing'), await show(text.length + 1, 'writing')];
      return [...grown, ...begunBefore];
    });
    assert.deepEqual(
      heights,
      Array.from({ length: 4 }, () => heights[0]),
    );
    const highlighted = await page.evaluate(() => window.gallery.highlighted);
    assert.deepEqual(
      highlighted.slice(0, 60),
      Array.from({ length: 60 }, (_, index) => `let a${index};`),
    );
    const gaps = await page.locator('[data-message=answer] p').evaluateAll((all) =>
      all.map((one) => {
        const next = one.nextElementSibling ?? one.parentElement?.nextElementSibling?.firstElementChild;
        return Math.round((next?.getBoundingClientRect().top ?? 0) - one.getBoundingClientRect().bottom);
      }),
    );
    assert.deepEqual([...new Set(gaps)], [gaps[0]]);
    await page.context().close();
  });

  test('the end is followed while text comes, until the person moves up by a wheel, and again from the end', async () => {
    const page = await gallery.open('talk&count=40');
    assert.ok((await distance(page)) < 2);
    await page.evaluate(() => {
      const { set, messagesOf } = window.gallery;
      const before = messagesOf(0, 40);
      let text = '';
      const grow = (): void => {
        text += 'and more words, ';
        set([...before, { id: 'answer', role: 'assistant', text, state: 'writing' }]);
        if (text.length < 40_000) requestAnimationFrame(grow);
      };
      grow();
    });
    await page.waitForFunction(
      () => (document.querySelector('[data-message=answer]')?.textContent?.length ?? 0) > 3000,
    );
    assert.ok((await distance(page)) < 60);
    await scroller(page).hover();
    await page.mouse.wheel(0, -120);
    const button = page.getByRole('button', { name: 'New text' });
    await button.waitFor();
    const top = await scroller(page).evaluate((of) => of.scrollTop);
    const length = (await page.locator('[data-message=answer]').textContent())?.length ?? 0;
    await page.waitForFunction(
      (past) => (document.querySelector('[data-message=answer]')?.textContent?.length ?? 0) > past + 2000,
      length,
    );
    // A smooth wheel may still have been under way; it was never pulled down.
    assert.ok((await scroller(page).evaluate((of) => of.scrollTop)) <= top);
    await button.click();
    await drawn(page);
    assert.ok((await distance(page)) < 60);
    assert.equal(await page.getByRole('button', { name: /New text|To the end/ }).count(), 0);
    await page.context().close();
  });

  /** Where a message stands, from the upper edge of the view. */
  const placeOf = (page: Page, id: string): Promise<number> =>
    page.locator(`[data-message=${id}]`).evaluate((one) => {
      const log = one.closest('[role=log]');
      return one.getBoundingClientRect().top - (log?.getBoundingClientRect().top ?? 0);
    });
  /** Moves the view to a position, as the person does. @returns the message at its upper edge, and where that stands */
  const moveTo = (page: Page, top: number): Promise<{ readonly id: string; readonly at: number }> =>
    scroller(page).evaluate((of, to) => {
      of.scrollTop = to;
      const edge = of.getBoundingClientRect().top;
      const first = [...of.querySelectorAll('article')].find(
        (one) => one.getBoundingClientRect().bottom > edge,
      );
      return {
        id: first?.getAttribute('data-message') ?? '',
        at: (first?.getBoundingClientRect().top ?? 0) - edge,
      };
    }, top);

  test('ten thousand messages are a window of 60, which grows to 240 while the person keeps the place', async () => {
    const page = await gallery.open('talk&count=10000');
    assert.equal((await shown(page)).length, 60);
    assert.equal((await shown(page)).at(-1), 'm9999');
    for (const first of ['m9880', 'm9820', 'm9760', 'm9700']) {
      const { id, at } = await moveTo(page, 300);
      await page.locator(`[data-message=${first}]`).waitFor();
      await drawn(page);
      assert.ok(
        Math.abs((await placeOf(page, id)) - at) < 1.5,
        `${id} moved from ${at} to ${await placeOf(page, id)}`,
      );
    }
    assert.equal((await shown(page)).length, 240);
    assert.equal((await shown(page)).at(-1), 'm9939');
    const { id, at } = await moveTo(page, 1e6);
    await page.locator('[data-message=m9999]').waitFor();
    await drawn(page);
    assert.ok(Math.abs((await placeOf(page, id)) - at) < 1.5);
    await moveTo(page, 3000);
    await page.getByRole('button', { name: 'To the end' }).click();
    await drawn(page);
    assert.ok((await distance(page)) < 2);
    assert.equal(await page.evaluate(() => window.gallery.handle.current?.show('m17')), true);
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-message') === 'm17');
    const place = await placeOf(page, 'm17');
    assert.ok(place >= 0 && place < 400, String(place));
    await page.keyboard.press('Alt+ArrowUp');
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-message') === 'm16');
    await page.context().close();
  });

  test('earlier pages are asked for once each, and come without moving what is read', async () => {
    const page = await gallery.open('talk&earlier&count=30');
    await page.evaluate(() => window.gallery.set(window.gallery.messagesOf(100, 130)));
    await moveTo(page, 400);
    await page.waitForFunction(() => window.gallery.earlier.length === 1);
    const { id, at } = await moveTo(page, 200);
    await drawn(page);
    assert.equal(await page.evaluate(() => window.gallery.earlier.length), 1);
    await page.evaluate(() => {
      window.gallery.set(window.gallery.messagesOf(70, 130));
      window.gallery.earlier[0]?.();
    });
    await page.locator('[data-message=m70]').waitFor();
    await drawn(page);
    assert.ok(Math.abs((await placeOf(page, id)) - at) < 1.5, `${at}, then ${await placeOf(page, id)}`);
    await page.context().close();
  });

  test('the combobox and the tabs do what the APG says, by keyboard', async () => {
    const page = await gallery.open('');
    const field = page.getByRole('combobox', { name: 'Model' });
    assert.equal(await field.inputValue(), 'mistral');
    await field.fill('small');
    assert.deepEqual(await page.getByRole('option').allTextContents(), ['gpt-smallhosted']);
    await field.press('Enter');
    assert.equal(await page.evaluate(() => window.gallery.chosen), 'gpt-small');
    await field.press('ArrowDown');
    await field.press('ArrowDown');
    const active = await field.getAttribute('aria-activedescendant');
    assert.equal(await page.locator(`[id="${active}"]`).textContent(), 'mistralhosted');
    assert.deepEqual(await violationsOf(page), []);
    await field.press('Escape');
    assert.equal(await field.getAttribute('aria-expanded'), 'false');
    assert.equal(await field.inputValue(), 'gpt-small');
    await page.getByRole('tab', { name: 'Active' }).focus();
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.getByRole('tabpanel').textContent(), 'Panel two');
    assert.equal(
      await page.getByRole('tab', { name: 'Next' }).evaluate((tab) => tab === document.activeElement),
      true,
    );
    await page.keyboard.press('Home');
    assert.equal(await page.getByRole('tabpanel').textContent(), 'Panel one');
    await page.context().close();
  });

  test('no page complained, the policy included', () => assert.deepEqual(gallery.complaints, []));
});
