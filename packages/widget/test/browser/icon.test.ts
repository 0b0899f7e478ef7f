/** Icons that a page gives as text: drawings are taken of them, and nothing that could run or load. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromiumForTests } from 'colloquy-testkit/services';
import * as esbuild from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';

const found = chromiumForTests();

describe('icons of a configuration', 'skip' in found ? found : {}, () => {
  let browser: Browser;
  let page: Page;
  before(async () => {
    if ('skip' in found) return;
    const args = ['--headless', '--no-sandbox', '--disable-gpu'];
    browser = await chromium.launch({ executablePath: found.path, args });
    const { outputFiles } = await esbuild.build({
      entryPoints: [fileURLToPath(new URL('../../src/compat/icon.ts', import.meta.url))],
      bundle: true,
      write: false,
      format: 'iife',
      globalName: 'icons',
    });
    page = await browser.newPage();
    await page.addScriptTag({ content: outputFiles[0]?.text ?? '' });
  });
  after(() => browser?.close());

  const drawn = (text: string): Promise<string | undefined> =>
    page.evaluate(
      (given) =>
        (window as unknown as { icons: { iconOf(text: string): Element | undefined } }).icons.iconOf(given)
          ?.outerHTML,
      text,
    );

  test('a drawing stays as it is', async () => {
    const icon = '<svg viewBox="0 0 24 24"><g fill="none" stroke="red"><path d="M1 1h9"></path></g></svg>';
    assert.equal(await drawn(icon.replace('<svg', ' <svg xmlns="http://www.w3.org/2000/svg"')), icon);
  });

  test('what could run or load is left out', async () => {
    const icon = await drawn(
      `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)" viewBox="0 0 1 1" style="x"><script>alert(1)</script>
      <foreignObject><img xmlns="http://www.w3.org/1999/xhtml" src="x"/></foreignObject><use href="https://evil.example/#a"/>
      <a href="javascript:alert(1)"><path d="M0 0"/></a><path d="M1 1" fill="url(https://evil.example)" onclick="x"/></svg>`,
    );
    assert.equal(icon, '<svg viewBox="0 0 1 1"><path d="M1 1"></path></svg>');
  });

  test('what is no SVG is no icon', async () => {
    for (const text of ['', '💬', '<b>x</b>', '<svg', '<html xmlns="http://www.w3.org/1999/xhtml"/>'])
      assert.equal(await drawn(text), undefined, text);
  });
});
