/** Chromium with the page of `bench/browser/scenes.tsx`, as slow as a phone. */
import { join } from 'node:path';
import { chromiumForTests } from 'colloquy-testkit/services';
import { build } from 'esbuild';
import { chromium, type Page } from 'playwright-core';
import type { StreamFigures, StreamScene } from '../browser/scenes.tsx';

export type StreamWay = 'streamPlain' | 'streamMarkdown';

export interface ConsolePage extends AsyncDisposable {
  stream(way: StreamWay, scene: StreamScene): Promise<StreamFigures>;
  /** Milliseconds until a conversation of these messages is painted. */
  open(texts: readonly string[]): Promise<number>;
}

const root = join(import.meta.dirname, '..');

/** `slowness` divides the speed of the processor. @throws where there is no Chromium */
export async function openConsolePage(slowness: number): Promise<ConsolePage> {
  const found = chromiumForTests();
  if ('skip' in found) throw new Error(found.skip);
  const { outputFiles } = await build({
    entryPoints: [join(root, 'browser/scenes.tsx')],
    outdir: join(root, 'dist'),
    bundle: true,
    format: 'iife',
    minify: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    write: false,
  });
  const content = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  const browser = await chromium.launch({ executablePath: found.path, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: 375, height: 700 } });
    await page.setContent('<!doctype html><meta name="viewport" content="width=device-width"><body>');
    await page.addStyleTag({ content: content('.css') });
    await page.addScriptTag({ content: content('.js') });
    const session = await page.context().newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: slowness });
    return { ...actions(page), [Symbol.asyncDispose]: () => browser.close() };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

function actions(page: Page): Pick<ConsolePage, 'stream' | 'open'> {
  return {
    stream: (way, scene) =>
      page.evaluate(([name, given]) => window.scenes[name](given), [way, scene] as const),
    open: (texts) => page.evaluate((given) => window.scenes.open(given), texts),
  };
}
