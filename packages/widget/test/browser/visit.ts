/** A visitor's browser, and what it complains of. */
import { after, before, describe } from 'node:test';
import { chromiumForTests } from 'colloquy-testkit/services';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { type Site, startSite } from './site.ts';

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

export interface Stage {
  readonly site: Site;
  readonly browser: Browser;
}

/** Tests with a site and a browser, which are there while a test runs; skipped where there is no browser. */
export function describeOnSite(name: string, tests: (stage: Stage) => void): void {
  const found = chromiumForTests();
  describe(name, 'skip' in found ? found : {}, () => {
    const stage: { site?: Site; browser?: Browser } = {};
    before(async () => {
      if ('skip' in found) return;
      stage.site = await startSite();
      stage.browser = await chromium.launch({
        executablePath: found.path,
        args: ['--headless', '--no-sandbox', '--disable-gpu'],
      });
    });
    after(async () => {
      await stage.browser?.close();
      await stage.site?.[Symbol.asyncDispose]();
    });
    tests(stage as Stage);
  });
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
