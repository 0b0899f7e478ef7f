/** A page in Chromium that runs a script of the tests, on an origin of its own, against a real server. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { TestServer } from 'colloquy-testkit/server';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { Colloquy } from '../src/index.ts';

export interface TestPage extends AsyncDisposable {
  readonly page: Page;
  readonly browser: Browser;
  /** What the page has complained of. */
  readonly complaints: readonly string[];
  /** Opens the script; `search` is its address's query. */
  open(search?: string): Promise<void>;
}

/**
 * `script` is a module below this folder. It finds the server's address in `window.server`; `POST /token` on its own origin gives
 * a token, as the back end of a site would.
 */
export async function startPage(
  script: string,
  server: TestServer,
  executablePath: string,
): Promise<TestPage> {
  const colloquy = new Colloquy({ baseUrl: server.url, apiKey: server.prodKey });
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(script, import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['colloquy:source'],
    define: { 'process.env.NODE_ENV': '"development"' },
    write: false,
    logLevel: 'error',
  });
  const code = outputFiles[0]?.text ?? '';
  const html = `<!doctype html><html lang="en"><title>Test</title><link rel="icon" href="data:,"><div id="app"></div>
<script>window.server = ${JSON.stringify(server.url)}</script><script type="module" src="/main.js"></script></html>`;
  const site = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    if (pathname === '/token') {
      const token = await colloquy.tokens.create({ userId: 'ann' });
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(token));
      return;
    }
    const isScript = pathname === '/main.js';
    const type = isScript ? 'text/javascript' : 'text/html';
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(isScript ? code : html);
  });
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const page = await (await browser.newContext()).newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  return {
    page,
    browser,
    complaints,
    async open(search = '') {
      await page.goto(`${origin}/${search}`);
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      site.closeAllConnections();
      site.close();
    },
  };
}
