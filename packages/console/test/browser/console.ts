/** The console in Chromium against a real server, as a person sees it. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { startTestServer, type TestServer } from 'colloquy-testkit/server';
import { chromiumForTests } from 'colloquy-testkit/services';
import { administer, furnish } from 'colloquy-testkit/tenants';
import { violationsOf } from 'colloquy-testkit/web/violations';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const found = chromiumForTests();
/** For `test(name, options, …)` and `describe(name, options, …)`: skipped where there is no Chromium. */
export const withChromium = 'skip' in found ? found : {};

export const person = {
  name: 'Ada',
  email: 'ada@example.com',
  password: 'correct horse battery staple',
};

/** Where pictures of the pages are put; undefined: nowhere. */
const pictures = process.env.COLLOQUY_TEST_PICTURES;

const wide = { width: 1200, height: 800 };
const narrow = { width: 375, height: 720 };

export interface TestConsole extends AsyncDisposable {
  readonly server: TestServer;
  /** `http://localhost:<port>/console`. */
  readonly url: string;
  /** The link that is printed where nobody has an account yet. */
  readonly setUpLink: string;
  /** The first tab, blank. */
  readonly page: Page;
  /**
   * Makes the first account, which is the operator's and owns the organization `default`, and shows the console in the
   * first tab. Gives the id of the organization.
   */
  setUp(): Promise<string>;
  /** Another tab, blank. */
  newPage(): Promise<Page>;
  /** Another tab; `path` is what follows `/console`. */
  open(path: string): Promise<Page>;
  /** A page of a browser in which nobody is signed in. */
  openSignedOut(path: string): Promise<Page>;
  /** A blank page of a browser of that language (BCP 47), in which nobody is signed in. */
  newPageIn(language: string): Promise<Page>;
  /** What the pages complained of: their console, uncaught errors, violations of the content security policy. */
  readonly complaints: readonly string[];
  /** Those that are not of this kind. */
  complaintsBut(expected: RegExp): readonly string[];
}

/** A console that nobody has an account for yet. */
export async function startConsole(environment: Record<string, string> = {}): Promise<TestConsole> {
  await using owned = new AsyncDisposableStack();
  const server = owned.use(await startTestServer('sqlite', { environment }));
  // The tests do not look at the page that waits for it.
  await server.server.browserBundles.console.prepare();
  const browser = await chromium.launch({
    executablePath: 'path' in found ? found.path : '',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  owned.defer(() => browser.close());
  const complaints: string[] = [];
  const newContext = async (locale = 'en-US'): Promise<BrowserContext> => {
    const context = await browser.newContext({
      viewport: wide,
      locale,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    context.setDefaultTimeout(30_000);
    context.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    context.on('weberror', (error) => complaints.push(String(error.error())));
    return context;
  };
  const { consoleAddress: setUpLink } = server.server;
  const url = setUpLink.replace(/#.*/, '');
  const openIn = async (context: BrowserContext, path: string): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(url + path);
    await page.locator('h1:visible').first().waitFor();
    return page;
  };
  const context = await newContext();
  const page = await context.newPage();
  const disposables = owned.move();
  return {
    server,
    url,
    setUpLink,
    page,
    async setUp() {
      const { origin } = new URL(url);
      const { password, ...account } = person;
      await context.request.post(`${origin}/api/console/setup`, {
        data: { token: /#setup=(\S+)/.exec(setUpLink)?.[1], password, ...account },
        headers: { origin, 'sec-fetch-site': 'same-origin' },
        failOnStatusCode: true,
      });
      await page.goto(url);
      await page.getByRole('navigation', { name: 'Views' }).waitFor();
      const { data } = await administer<{ data: { id: string; name: string }[] }>(
        server.url,
        'GET',
        '/organizations',
      );
      return data.find(({ name }) => name === 'default')?.id ?? assert.fail('there is no such organization');
    },
    newPage: () => context.newPage(),
    open: (path) => openIn(context, path),
    openSignedOut: async (path) => openIn(await newContext(), path),
    newPageIn: async (language) => (await newContext(language)).newPage(),
    complaints,
    complaintsBut: (expected) => complaints.filter((text) => !expected.test(text)),
    [Symbol.asyncDispose]: () => disposables.disposeAsync(),
  };
}

export interface FurnishedConsole extends TestConsole {
  readonly organizationId: string;
  readonly personaId: number;
  /** Calls the administration of the organization. */
  administer<T>(method: string, path: string, body?: unknown): Promise<T>;
}

/** A console that is set up, with a scripted model and a persona `helper`. */
export async function startFurnishedConsole(
  environment: Record<string, string> = {},
): Promise<FurnishedConsole> {
  await using owned = new AsyncDisposableStack();
  const opened = owned.use(await startConsole(environment));
  const { server } = opened;
  const organizationId = await opened.setUp();
  const { personaId } = await furnish(server.url, organizationId, server.upstream);
  const disposables = owned.move();
  return {
    ...opened,
    organizationId,
    personaId,
    administer: (method, path, body) =>
      administer(server.url, method, `/organizations/${organizationId}${path}`, body),
    [Symbol.asyncDispose]: () => disposables.disposeAsync(),
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

/** By how many pixels a page is wider than the window. Views scroll in an element of their own. */
export function excessOf(page: Page): Promise<number> {
  return page.evaluate(() =>
    Math.max(
      ...[document.documentElement, ...document.querySelectorAll('main')].map(
        ({ scrollWidth, clientWidth }) => scrollWidth - clientWidth,
      ),
    ),
  );
}

/**
 * Nothing is wrong with the page as it is, in these themes at 1200 and 375 px: axe finds no violation, and it is not
 * wider than the window. A picture of each goes to COLLOQUY_TEST_PICTURES, if that is set.
 * @param name begins the names of the pictures
 */
export async function checkPage(
  page: Page,
  name: string,
  themes: readonly ('light' | 'dark')[] = ['light', 'dark'],
): Promise<void> {
  const wrong: string[] = [];
  for (const size of [wide, narrow]) {
    await page.setViewportSize(size);
    for (const colorScheme of themes) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      // What the change of size or theme brings about is drawn first.
      await page.evaluate(
        () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
      );
      const at = `${name} at ${size.width} px, ${colorScheme}`;
      wrong.push(...(await violationsOf(page)).map((violation) => `${at}: ${violation}`));
      const excess = await excessOf(page);
      if (excess > 0) wrong.push(`${at}: ${excess} px too wide`);
      if (pictures === undefined) continue;
      await mkdir(pictures, { recursive: true });
      await page.screenshot({ path: `${pictures}/${name}-${size.width}-${colorScheme}.png` });
    }
  }
  await page.setViewportSize(wide);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
  assert.deepEqual(wrong, []);
}
