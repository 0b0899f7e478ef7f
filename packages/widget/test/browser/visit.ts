/** A visitor's browser, and what it complains of. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors in the page's console, those that nobody caught, and violations of the page's policy. */
  readonly complaints: string[];
  /** Below the widget's shadow root. */
  readonly launcher: Locator;
  readonly panel: Locator;
  readonly field: Locator;
  readonly answers: Locator;
  /** Writes and sends, as a person does. */
  say(text: string): Promise<void>;
  /** Waits until the last answer is over, and gives its text. */
  answered(): Promise<string>;
}

export interface Looks {
  readonly width?: number;
  readonly scheme?: 'light' | 'dark';
  readonly context?: BrowserContext;
}

export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu'] });
}

export async function visit(browser: Browser, address: string, looks: Looks = {}): Promise<Visit> {
  const { width = 1200, scheme = 'light' } = looks;
  const context =
    looks.context ??
    (await browser.newContext({
      viewport: { width, height: 800 },
      colorScheme: scheme,
      hasTouch: width < 500,
      acceptDownloads: true,
    }));
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    // What the network refuses is part of some tests; the policy and errors of scripts never are.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
      complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(address);
  const panel = page.locator('#panel').first();
  const answers = panel.locator('[part~=answer]');
  const visited: Visit = {
    page,
    context,
    complaints,
    launcher: page.locator('[part~=launcher]').first(),
    panel,
    field: panel.locator('textarea'),
    answers,
    async say(text) {
      await visited.field.fill(text);
      await panel.locator('[part~=send][aria-disabled=false]').waitFor();
      await visited.field.press('Enter');
    },
    async answered() {
      const last = answers.last();
      await last
        .and(
          page.locator('[data-state=done],[data-state=stopped],[data-state=failed],[data-state=interrupted]'),
        )
        .waitFor({ timeout: 60_000 });
      return (await last.locator('[part~=text]').textContent()) ?? '';
    },
  };
  return visited;
}

/** Violations of WCAG 2.2 AA in the page and its shadow roots, found from outside of the page's world and policy. */
export async function violationsOf(page: Page, within?: string): Promise<readonly string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send('Page.getFrameTree');
  const { executionContextId: contextId } = await session.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
    worldName: 'axe',
  });
  await session.send('Runtime.evaluate', { expression: source, contextId });
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
  const place = within === undefined ? 'document' : `document.querySelector(${JSON.stringify(within)})`;
  const expression = `axe.run(${place}, { runOnly: ${JSON.stringify(tags)} }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 160) + ' ' + failureSummary)))`;
  const { result } = await session.send('Runtime.evaluate', {
    expression,
    contextId,
    awaitPromise: true,
    returnByValue: true,
  });
  return result.value as readonly string[];
}
