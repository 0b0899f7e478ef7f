/** The widget as a visitor meets it: on a page of another origin, under a strict policy, against the real server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer, gate } from 'colloquy-testkit/upstream/scripted-upstream';
import { violationsOf } from 'colloquy-testkit/web/violations';
import { describeOnSite, visit } from './visit.ts';

const pictures = process.env.COLLOQUY_TEST_PICTURES;
const script = '<script type="module" src="{server}/widget.js" data-token-endpoint="/chat-token"></script>';
const markdown =
  'It costs **3 €**, see [the list](https://example.com/prices).\n\n```js\nconst price = 3;\n```\n\n| size | price |\n|---|---|\n| small | 3 |\n';

describeOnSite('the widget', (stage) => {
  test('loads nothing but itself until it is opened, then talks, stops, and keeps the history over a reload', async () => {
    const { page, context, complaints, launcher, panel, field, answers, say, answered } = await visit(
      stage.browser,
      stage.site.page(`<h1>A shop</h1><p>Text of the shop.</p>${script}`, { isHostile: true }),
    );
    await launcher.waitFor();
    const requests = await page.evaluate(() =>
      performance.getEntriesByType('resource').map(({ name }) => name),
    );
    assert.deepEqual(
      requests.filter((name) => !/page-|\.css|^data:/.test(name)),
      [`${stage.site.server}/widget.js`],
    );
    const asked = stage.site.tokens;
    await launcher.focus();
    await page.keyboard.press('Enter');
    assert.equal(
      await page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.tagName),
      'TEXTAREA',
    );
    await panel.getByText('Hello! How can I help you?').waitFor();
    assert.equal(stage.site.tokens, asked + 1);
    stage.site.upstream.enqueue(answer(markdown, { intervalMs: 2 }));
    await say('What does it cost?');
    await answered();
    assert.equal(await answers.last().locator('strong').textContent(), '3 €');
    assert.equal(await answers.last().locator('a').getAttribute('href'), 'https://example.com/prices');

    const held = gate();
    stage.site.upstream.enqueue({
      steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Half', ' an'] }, held.step, { do: 'end' }],
    });
    await say('And then?');
    await answers.last().getByText('Half an').waitFor();
    await panel.getByRole('button', { name: 'Stop' }).click();
    assert.equal(await answered(), 'Half an');
    assert.equal(await answers.last().getAttribute('data-state'), 'stopped');
    held.release();

    await page.reload();
    await answers.nth(1).waitFor();
    assert.deepEqual(await panel.locator('[part~=user] [part~=text]').allTextContents(), [
      'What does it cost?',
      'And then?',
    ]);
    await field.focus();
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'hidden' });
    assert.equal(
      await launcher.evaluate((button) => (button.getRootNode() as ShadowRoot).activeElement === button),
      true,
    );
    assert.equal(
      await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }).includes('cost')),
      false,
    );
    assert.deepEqual(complaints, []);
    await context.close();
  });

  for (const [width, scheme, language] of [
    [1200, 'light', 'en'],
    [1200, 'dark', 'ar'],
    [375, 'light', 'ar'],
    [375, 'dark', 'en'],
  ] as const)
    for (const isHostile of [true, false])
      test(`axe at ${width}, ${scheme}, ${language}${isHostile ? ', on a hostile page' : ''}`, async () => {
        const { page, context, complaints, launcher, panel, field, say, answered } = await visit(
          stage.browser,
          stage.site.page(
            `<main><h1>A shop</h1><p>Text of the shop.</p></main>
<script type="module" src="{server}/widget.js" data-token-endpoint="/chat-token" data-color-scheme="${scheme}" data-user-key="${width}${language}"
 data-suggestions='["Prices","Delivery"]' data-privacy-href="/privacy" data-footer="Answers may be wrong." data-history="none"></script>`,
            { isHostile, language },
          ),
          { width, scheme },
        );
        const shoot = async (name: string): Promise<void> => {
          const file = `widget-${width}-${scheme}-${language}${isHostile ? '-hostile' : ''}-${name}.png`;
          if (pictures) await page.screenshot({ path: `${pictures}/${file}` });
        };
        await launcher.waitFor();
        assert.deepEqual(await violationsOf(page, 'colloquy-chat'), []);
        await launcher.click();
        await panel.locator('[part~=chip]').first().waitFor();
        await shoot('open');
        assert.deepEqual(await violationsOf(page, 'colloquy-chat'), []);
        stage.site.upstream.enqueue(answer(markdown));
        await say('What does it cost, all in all, and to the last cent?');
        await answered();
        await panel.locator('[part~=menu]').click();
        await shoot('answer');
        assert.deepEqual(await violationsOf(page, 'colloquy-chat'), []);
        const sizes = await panel.locator('button:visible, a:visible').evaluateAll((all) =>
          all.map((one) => ({
            text: one.outerHTML.slice(0, 80),
            height: one.getBoundingClientRect().height,
            inline: getComputedStyle(one).display === 'inline',
          })),
        );
        for (const { text, height, inline } of sizes)
          assert.ok(inline || height >= 24, `${text} is ${height} px high`);
        await page.keyboard.press('Escape');
        assert.equal(await panel.isVisible(), true);
        await field.focus();
        await page.keyboard.press('Escape');
        await panel.waitFor({ state: 'hidden' });
        assert.deepEqual(complaints, []);
        await context.close();
      });
});
