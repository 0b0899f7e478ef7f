/** The console in Chromium against a real server, as a person sees it. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults, RunOptions } from 'axe-core';
import { startTestServer, type TestServer } from 'colloquy-testkit/server';
import { chromiumForTests } from 'colloquy-testkit/services';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const found = chromiumForTests();
/** For `test(name, options, …)`: skipped where there is no Chromium. */
export const withChromium = 'skip' in found ? found : {};

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const person = {
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  password: 'correct horse battery staple',
};

const wide = { width: 1200, height: 800 };
const narrow = { width: 375, height: 720 };

export interface TestConsole extends AsyncDisposable {
  readonly server: TestServer;
  readonly context: BrowserContext;
  readonly page: Page;
  /** `http://localhost:<port>/console`. */
  readonly url: string;
  /** Opens the printed link and makes the first account, which owns the organization `default`. */
  setUp(): Promise<void>;
  /** Another tab. */
  newPage(): Promise<Page>;
  /** What went wrong in the pages: errors that nothing caught, and violations of the content security policy. */
  readonly faults: readonly string[];
}

export async function startConsole(environment: Record<string, string> = {}): Promise<TestConsole> {
  const server = await startTestServer('sqlite', { environment });
  // The tests do not look at the page that waits for it.
  await server.server.browserBundles.console.prepare();
  const browser = await chromium.launch({
    executablePath: 'path' in found ? found.path : '',
    args: ['--no-sandbox'],
  });
  const context = await browser.newContext({
    viewport: wide,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const faults: string[] = [];
  await context.exposeFunction('tellViolation', (text: string) => void faults.push(text));
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile }) => {
      const { tellViolation } = globalThis as unknown as { tellViolation(text: string): void };
      tellViolation(`${violatedDirective} ${blockedURI} ${sourceFile}`);
    });
  });
  const newPage = async () => {
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => faults.push(error.stack ?? error.message));
    return page;
  };
  const page = await newPage();
  const { consoleAddress } = server.server;
  return {
    server,
    context,
    page,
    url: consoleAddress.replace(/#.*/, ''),
    faults,
    newPage,
    async setUp() {
      // Only the fragment may differ from the page that is open.
      await page.goto('about:blank');
      await page.goto(consoleAddress);
      await page.getByLabel('Your name').fill(person.name);
      await page.getByLabel('E-mail').fill(person.email);
      await page.getByLabel('New password').fill(person.password);
      await page.getByLabel('The same password again').fill(person.password);
      await page.getByRole('button', { name: 'Create the account' }).click();
      await page.getByRole('navigation', { name: 'Views' }).waitFor();
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Adds the scripted upstream as a model of the organization that is shown, as a person does it. */
export async function addScriptedModel(
  { page, server, url }: TestConsole,
  model = 'scripted',
): Promise<void> {
  await page.goto(`${url}/models/add`);
  await page.getByRole('button', { name: /^Another server/ }).click();
  await page.getByLabel('Address').fill(server.upstream.openAiUrl);
  await page.getByRole('button', { name: 'List what it offers' }).click();
  await page.getByLabel('Or name a model yourself').fill(model);
  await page.getByRole('button', { name: 'Add and test 1 model' }).click();
  await page.getByText(/^Answered in/).waitFor();
}

const axeOptions: RunOptions = { resultTypes: ['violations'] };

/**
 * No violation of axe in both themes at 1200 and 375 px, and nothing that is wider than the screen. With
 * COLLOQUY_SCREENSHOTS=<directory> there is a picture of each.
 */
export async function checkPage(page: Page, name: string): Promise<void> {
  const { COLLOQUY_SCREENSHOTS: pictures } = process.env;
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const size of [wide, narrow]) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize(size);
      const title = `${name}, ${colorScheme}, ${size.width} px`;
      if (pictures) {
        await page.screenshot({ path: join(pictures, `${name}-${colorScheme}-${size.width}.png`) });
      }
      await page.evaluate(axeSource);
      const { violations } = await page.evaluate((options) => {
        const { axe } = globalThis as unknown as { axe: { run(o: RunOptions): Promise<AxeResults> } };
        return axe.run(options);
      }, axeOptions);
      const told = violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`,
      );
      assert.deepEqual(told, [], title);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${title}: ${overflow} px too wide`);
    }
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
  await page.setViewportSize(wide);
}
