/** Opens the gallery in a real browser, under the policy of the console's pages. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; require-trusted-types-for 'script'; trusted-types 'none'";
const styles = `
  html { color-scheme: light dark; }
  body { margin: 0; font-size: 16px; }
  .states { display: grid; gap: 1em; padding: 1em; max-width: 50em; margin: auto; grid-template-columns: minmax(0, 1fr); }
  .talk { display: flex; flex-direction: column; height: 600px; padding: 0 8px 8px; }
`;

export interface Looks {
  readonly width?: number;
  readonly scheme?: 'light' | 'dark';
}

export interface Gallery extends AsyncDisposable {
  readonly browser: Browser;
  /** @param query what the gallery shows: `talk`, `count=…`, `lang=…` */
  open(query: string, looks?: Looks): Promise<Page>;
  /** What the pages complained of: their console, uncaught errors, violations of the policy. */
  readonly complaints: string[];
}

export async function startGallery(executablePath: string): Promise<Gallery> {
  const files = await bundle();
  const browser = await chromium.launch({
    executablePath,
    args: ['--headless', '--no-sandbox', '--disable-gpu'],
  });
  const complaints: string[] = [];
  return {
    browser,
    complaints,
    async open(query, { width = 1200, scheme = 'light' } = {}) {
      const context = await browser.newContext({
        viewport: { width, height: 800 },
        colorScheme: scheme,
        hasTouch: width < 500,
        permissions: ['clipboard-read', 'clipboard-write'],
      });
      const page = await context.newPage();
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.route('http://gallery.localhost/**', (route) => {
        const path = new URL(route.request().url()).pathname.slice(1);
        const file = files.get(path);
        const contentType = path.endsWith('.css') ? 'text/css' : 'text/javascript';
        if (file !== undefined) return route.fulfill({ contentType, body: file });
        return route.fulfill({
          contentType: 'text/html; charset=utf-8',
          headers: { 'Content-Security-Policy': policy },
          body: '<!doctype html><html lang="en"><title>Gallery</title><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><link rel="stylesheet" href="gallery.css"><link rel="stylesheet" href="page.css"><script type="module" src="gallery.js"></script><body></body>',
        });
      });
      await page.goto(`http://gallery.localhost/?${query}`);
      await page.locator('main').waitFor();
      return page;
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
    },
  };
}

async function bundle(): Promise<ReadonlyMap<string, string>> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('gallery.tsx', import.meta.url))],
    outdir: '/gallery',
    bundle: true,
    splitting: true,
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    conditions: ['colloquy:source'],
    write: false,
  });
  const files = outputFiles.map(({ path, text }) => [path.split(/[/\\]/).at(-1) ?? '', text] as const);
  return new Map([...files, ['page.css', styles]]);
}
