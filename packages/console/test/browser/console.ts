/**
 * The console in a real browser, on a server of its own in another process, with a scripted model, a persona `helper`
 * and an account that is the operator and owns the organization.
 */
import { mkdir, rm } from 'node:fs/promises';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { type ChildServer, spawnServer } from 'colloquy-testkit/server-process';
import { administer } from 'colloquy-testkit/tenants';
import { type ScriptedUpstream, startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';
import { violationsOf } from 'colloquy-testkit/web/violations';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

export const owner = { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery staple' };

/** Where pictures of the pages are put; undefined: nowhere. */
const pictures = process.env.COLLOQUY_TEST_PICTURES;

export interface TestConsole extends AsyncDisposable {
  readonly url: string;
  readonly server: ChildServer;
  readonly upstream: ScriptedUpstream;
  readonly browser: Browser;
  readonly organizationId: string;
  readonly modelId: string;
  readonly personaId: number;
  /** What the pages complained of: their console, uncaught errors, violations of the policy. */
  readonly complaints: string[];
  /** Calls the administration of the organization. */
  administer<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** A page of the console, signed in as the owner; `path` is what follows `/console`. */
  open(path: string): Promise<Page>;
  /** A page of a browser in which nobody is signed in. */
  openSignedOut(path: string): Promise<Page>;
}

export interface TestConsoleOptions {
  readonly environment?: Record<string, string>;
}

export async function startConsole(
  executablePath: string,
  { environment = {} }: TestConsoleOptions = {},
): Promise<TestConsole> {
  await using owned = new AsyncDisposableStack();
  const place = await emptyPlace('sqlite');
  owned.defer(() => rm(place.dataDir, { recursive: true, force: true }));
  const upstream = owned.use(await startScriptedUpstream());
  const server = owned.use(await spawnServer(serverEnvironment(place, environment), { cwd: place.dataDir }));
  const { url } = server;
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  owned.defer(() => browser.close());
  const complaints: string[] = [];
  const context = async (): Promise<BrowserContext> => {
    const made = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
    made.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    made.on('weberror', (error) => complaints.push(String(error.error())));
    return made;
  };
  const signedIn = await context();
  // It is answered when the console is made.
  await fetch(`${url}/console/ready.js`);
  await server.says(/#setup=\S+/);
  const token = /#setup=(\S+)/.exec(server.output())?.[1];
  await signedIn.request.post(`${url}/api/console/setup`, {
    data: { token, ...owner },
    headers: { origin: url, 'sec-fetch-site': 'same-origin' },
    failOnStatusCode: true,
  });
  const { data } = await administer<{ data: { id: string }[] }>(url, 'GET', '/organizations');
  const organizationId = data[0]?.id ?? '';
  const base = `/organizations/${organizationId}`;
  const ask = <T>(method: string, path: string, body?: unknown): Promise<T> =>
    administer<T>(url, method, `${base}${path}`, body);
  const { id: modelId } = await ask<{ id: string }>('POST', '/models', {
    name: 'Scripted',
    provider: 'openai-compatible',
    model: 'scripted',
    base_url: upstream.openAiUrl,
    context_window: 8000,
    prices: { input: 1, output: 2 },
  });
  await administer(url, 'PATCH', base, { default_model_id: modelId });
  const { id: personaId } = await ask<{ id: number }>('POST', '/personas', {
    name: 'Helper',
    alias: 'helper',
  });
  await ask('PUT', `/personas/${personaId}/next`, { system_prompt: 'Be helpful.', model_id: modelId });
  await ask('POST', `/personas/${personaId}/submit`);
  const open = async (of: BrowserContext, path: string): Promise<Page> => {
    const page = await of.newPage();
    page.setDefaultTimeout(30_000);
    await page.goto(`${url}/console${path}`);
    await page.locator('h1').first().waitFor();
    return page;
  };
  const disposables = owned.move();
  return {
    url,
    server,
    upstream,
    browser,
    organizationId,
    modelId,
    personaId,
    complaints,
    administer: ask,
    open: (path) => open(signedIn, path),
    openSignedOut: async (path) => open(await context(), path),
    [Symbol.asyncDispose]: () => disposables.disposeAsync(),
  };
}

const widths = [1200, 375];
const schemes = ['light', 'dark'] as const;

/**
 * What is wrong with the page as it is, in both themes at 1200 and 375 px: axe's findings, and whether it is wider than
 * the window. A picture of each goes to COLLOQUY_TEST_PICTURES, if that is set.
 * @param name begins the names of the pictures
 */
export async function checkPage(page: Page, name: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const width of widths) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      // What the change of size or theme brings about is drawn first.
      await page.evaluate(
        () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
      );
      const at = `${name} at ${width} px, ${colorScheme}`;
      found.push(...(await violationsOf(page)).map((violation) => `${at}: ${violation}`));
      const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (excess > 0) found.push(`${at}: ${excess} px too wide`);
      if (pictures === undefined) continue;
      await mkdir(pictures, { recursive: true });
      await page.screenshot({ path: `${pictures}/${name}-${width}-${colorScheme}.png` });
    }
  }
  await page.setViewportSize({ width: 1200, height: 800 });
  await page.emulateMedia({ colorScheme: 'light' });
  return found;
}
