/**
 * Pictures of every view in every state, to be looked at: `npx node packages/console/test/browser/tour.ts DIRECTORY [WORD]`.
 * WORD: only states whose name holds it.
 */
import { mkdir } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { startConsole } from './console.ts';
import { type Crowd, startCrowd } from './crowd.ts';

const [directory = '/tmp/tour', word = ''] = process.argv.slice(2);
await mkdir(directory, { recursive: true });

interface Manner {
  readonly name: string;
  readonly width: number;
  /** The height of a window in which all of a page is seen. */
  readonly height: number;
  readonly dark?: boolean;
  readonly rtl?: boolean;
  readonly forced?: boolean;
}

const manners: readonly Manner[] = [
  { name: '1200', width: 1200, height: 1400 },
  { name: '375-dark', width: 375, height: 1600, dark: true },
  { name: '320', width: 320, height: 256 },
  { name: '320-tall', width: 320, height: 1800 },
  { name: 'rtl', width: 1200, height: 1200, rtl: true },
  { name: 'rtl-375', width: 375, height: 1400, rtl: true, dark: true },
  { name: 'forced', width: 1200, height: 1000, forced: true },
];

/** Elements that reach out of the window, or whose text is cut off, as far as a program can tell. */
async function faultsOf(page: Page): Promise<readonly string[]> {
  return await page.evaluate(() => {
    const found: string[] = [];
    const main = document.querySelector('main') ?? document.body;
    for (const element of [document.documentElement, main])
      if (element.scrollWidth > element.clientWidth + 1)
        found.push(`${element.tagName} is ${element.scrollWidth - element.clientWidth} px too wide`);
    const scrolls = (element: Element): boolean => {
      for (
        let one: Element | null = element.parentElement;
        one !== null && one !== main;
        one = one.parentElement
      )
        if (/auto|scroll/.test(getComputedStyle(one).overflowX)) return true;
      return false;
    };
    for (const element of document.body.querySelectorAll('*')) {
      const box = element.getBoundingClientRect();
      if (box.width === 0 || box.height < 2 || element.closest('svg') !== null) continue;
      if ((box.right > innerWidth + 1 || box.left < -1) && !scrolls(element) && element.children.length < 3)
        found.push(`out of sight: ${element.outerHTML.slice(0, 120)}`);
    }
    return found.slice(0, 8);
  });
}

async function take(page: Page, name: string, only: readonly string[] = []): Promise<void> {
  for (const { name: manner, width, height, dark, rtl, forced } of manners) {
    if (only.length > 0 && !only.includes(manner)) continue;
    await page.setViewportSize({ width, height });
    await page.emulateMedia({
      colorScheme: dark ? 'dark' : 'light',
      forcedColors: forced ? 'active' : 'none',
      reducedMotion: 'reduce',
    });
    await page.evaluate(
      (direction) => {
        document.documentElement.dir = direction;
      },
      rtl ? 'rtl' : 'ltr',
    );
    await page.evaluate(() => new Promise((drawn) => setTimeout(drawn, 120)));
    const faults = await faultsOf(page);
    if (faults.length > 0) console.log(`${name} ${manner}:\n  ${faults.join('\n  ')}`);
    await page.screenshot({ path: `${directory}/${name}-${manner}.png`, animations: 'disabled' });
  }
}

async function tour(
  opened: Crowd | Awaited<ReturnType<typeof startConsole>>,
  states: Readonly<Record<string, string>>,
  only?: readonly string[],
) {
  for (const [name, path] of Object.entries(states)) {
    if (word !== 'full' && !name.includes(word)) continue;
    const page = await opened.open(path);
    await page.waitForLoadState('networkidle').catch(() => undefined);
    await page.waitForTimeout(400);
    await take(page, name, only);
    await page.close();
  }
}

const lists = {
  chat: '/chat',
  'chat-list': '/chat/list',
  conversations: '/conversations',
  users: '/conversations/users',
  personas: '/personas',
  'persona-new': '/personas/new',
  models: '/models',
  'model-add': '/models/add',
  keys: '/keys',
  'key-new': '/keys/new',
  usage: '/usage',
  members: '/members',
  organizations: '/members/organizations',
  settings: '/settings',
  health: '/health',
  lost: '/no-such-view',
};

if ('empty'.includes(word) || word.startsWith('empty')) {
  await using empty = await startConsole();
  await empty.setUp();
  await tour(
    empty,
    Object.fromEntries(Object.entries(lists).map(([name, path]) => [`empty-${name}`, path])),
    ['375-dark', '1200'],
  );
  await tour(empty, { 'empty-out': '' });
}
if (!word.startsWith('empty')) {
  await using crowd = await startCrowd(120);
  const { places } = crowd;
  await tour(crowd, {
    ...lists,
    'usage-cost': '/usage?show=cost&interval=day',
    'usage-key': `/usage?show=tokens&key=${places.key?.split('/').at(-1)}`,
    talk: places.talk ?? '',
    user: places.user ?? '',
    persona: places.persona ?? '',
    'persona-history': `${places.persona}?tab=history`,
    model: places.model ?? '',
    key: places.key ?? '',
    conversation: places.conversation ?? '',
    'no-conversation': '/conversations/019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01',
  });
  for (const [name, status] of [
    ['killed', undefined],
    ['forbidden', 403],
  ] as const) {
    if (word !== 'full' && !name.includes(word)) continue;
    for (const [view, path] of Object.entries({ ...lists, persona: places.persona ?? '' })) {
      const page = await crowd.newPage();
      await page.route(/\/api\/(?!console|admin\/organizations$)/, (route) =>
        status === undefined
          ? route.abort('connectionrefused')
          : route.fulfill({ status, json: { error: 'this is for administrators', code: 'forbidden' } }),
      );
      await page.goto(crowd.url + path);
      await page.waitForTimeout(status === undefined ? 4500 : 800);
      await take(page, `${name}-${view}`, ['1200', '375-dark']);
      await page.close();
    }
  }
}
