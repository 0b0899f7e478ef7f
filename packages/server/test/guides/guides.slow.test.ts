/** Every code block of `docs/guides` does what the page says, as it stands there: with our addresses, keys and names. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type ChildServer, spawnServer } from 'colloquy-testkit/server-process';
import { chromiumForTests } from 'colloquy-testkit/services';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));
const guides = join(repository, 'docs/guides');
const run = promisify(execFile);
const installed = chromiumForTests();

async function blocksOf(guide: string): Promise<string[]> {
  const markdown = await readFile(join(guides, guide), 'utf8');
  return [...markdown.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
}

describe('the code of the guides', {
  skip: process.platform === 'win32' && 'it is for a shell of Unix',
}, () => {
  let directory: string;
  let server: ChildServer;
  let key: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'colloquy-guides-'));
    server = await spawnServer(
      { HOST: '127.0.0.1', PORT: '0', DATA_DIR: join(directory, 'data'), COLLOQUY_LOCAL_MODEL: 'off' },
      { cwd: directory },
    );
    key = (await readFile(join(directory, 'data/first-key'), 'utf8')).trim();
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  const ours = (code: string): string => code.replaceAll('http://127.0.0.1:8080', server.url);

  /** Runs it in a shell, in the directory of the server. */
  async function shell(code: string): Promise<string> {
    const { stdout } = await run('bash', ['-euc', ours(code)], { cwd: directory, maxBuffer: 2 ** 24 });
    assert.deepEqual(stdout.match(/.{0,200}"error":"[\s\S]{0,200}/g), null);
    return stdout;
  }

  /** Runs it as a module of a program that has our packages. */
  async function program(code: string): Promise<string> {
    const { stdout } = await run(
      process.execPath,
      ['--input-type=module-typescript', '--conditions=colloquy:source', '--eval', ours(code)],
      { cwd: repository, env: { ...process.env, COLLOQUY_KEY: key } },
    );
    return stdout;
  }

  /** Opens a site with this in its page, whose token endpoint is ours, and talks to the chat there. */
  async function talkToWidget(executablePath: string, tag: string): Promise<void> {
    const site = createServer(async ({ method }, response) => {
      const isToken = method === 'POST';
      response.setHeader('Content-Type', isToken ? 'application/json' : 'text/html');
      response.end(
        isToken
          ? JSON.stringify({ token: await tokenOf('a visitor'), expiresAt: Date.now() / 1000 + 3600 })
          : `<!doctype html><link rel="icon" href="data:,"><h1>A shop</h1>${tag}`,
      );
    }).listen(0, '127.0.0.1');
    await once(site, 'listening');
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
      await page.locator('[part~=launcher]').click();
      const panel = page.locator('#panel');
      await panel.getByText('Support').first().waitFor();
      await panel.getByText('Hello! How can we help?').first().waitFor();
      await panel.locator('textarea').fill('How do I make an API key?');
      await page.keyboard.press('Enter');
      await panel.locator('[part~=answer]').last().getByText('I am the guide').waitFor();
    } finally {
      await browser.close();
      site.close();
    }
  }

  async function tokenOf(userId: string): Promise<string> {
    const response = await fetch(`${server.url}/api/chat/get_token`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: JSON.stringify({ user_id: userId }),
    });
    return ((await response.json()) as { token: string }).token;
  }

  /** How the blocks of each guide are run, in their order; `take` gives the next one. */
  const runs: Readonly<Record<string, (take: () => string) => Promise<void>>> = {
    async 'from-openai.md'(take) {
      const output = await program(take());
      assert.match(output, /I am the guide/);
    },

    async 'from-use-chat.md'(take) {
      const file = join(directory, 'chat.mjs');
      const contents = `import { renderToString } from 'react-dom/server';
        const token = async () => 'x';
        ${take()}
        console.log('rendered:', renderToString(<Chat id="a" initial={[]} />));`;
      await build({
        stdin: { contents, loader: 'tsx', resolveDir: repository },
        ...{ bundle: true, format: 'esm', platform: 'node', outfile: file },
        ...{ jsx: 'automatic', jsxImportSource: 'react', tsconfigRaw: {} },
        banner: {
          js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
        },
      });
      const { stdout } = await run(process.execPath, [file]);
      assert.match(stdout, /^rendered:/);
    },

    async 'from-eventsource.md'(take) {
      const output = await program(
        `import { EventSource } from 'eventsource';\nconst token = ${JSON.stringify(await tokenOf('ada'))};\n${take()}\n${take()}`,
      );
      assert.match(output, /I am the guide[\s\S]*\n\d+ tokens\n$/);
    },

    async 'from-converzen.md'(take) {
      assert.match(await shell(take()), /"type":"session_created"[\s\S]*"type":"done"/);
      assert.match(await shell(take()), /"has_active":true|"active_version":1|"state":"active"/);
      // What the widget does with its configuration, as originals.test.ts has it.
      const output = await program(`${take()}
        globalThis.fetch = ((own) => async (address, options) =>
          String(address).startsWith('/api/chat-token?client_id=')
            ? Response.json(await tokenFor('ada', new URL(address, 'http://page').searchParams.get('client_id')))
            : own(address, options))(fetch);
        const cvzWidget = { async init({ chatUrl, getToken }) {
          const { token, expiresAt } = await getToken('device-1');
          console.log('good for', Math.round(expiresAt - Date.now() / 1000) > 60);
          const response = await fetch(chatUrl + '/api/chat/completion/stream', {
            method: 'POST',
            headers: { Authorization: 'Bearer ' + token, 'X-Client-Id': 'device-1', 'Content-Type': 'application/json' },
            body: JSON.stringify({ message: 'Hi' }),
          });
          console.log(await response.text());
        } };
        ${take()}`);
      assert.match(output, /good for true[\s\S]*"type":"done"/);
      const tag = ours(take());
      if (!('skip' in installed)) await talkToWidget(installed.path, tag);
    },

    async 'web-app.md'(take) {
      const start = take();
      const example = join(repository, 'examples/web-chat');
      const [, command = ''] = /^cd examples\/web-chat\n(COLLOQUY_KEY=.* npm start)\n$/.exec(start) ?? [];
      assert.notEqual(command, '', start);
      const child = spawn('bash', ['-c', command.replace('../../data', join(directory, 'data'))], {
        cwd: example,
        env: { ...process.env, PORT: '0', COLLOQUY_URL: server.url },
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      });
      try {
        for await (const line of createInterface(child.stdout)) {
          const [, url] = /^Web chat: (\S+)$/.exec(line) ?? [];
          if (url === undefined) continue;
          const made = await fetch(`${url}/api/chat-token`, { method: 'POST' });
          assert.equal(typeof ((await made.json()) as { token: string }).token, 'string');
          break;
        }
      } finally {
        if (child.pid !== undefined) process.kill(-child.pid);
        await once(child, 'exit');
      }
      // The other blocks are parts of the example, which has a test of its own.
      const sources = await Promise.all(
        ['server.js', 'page.js'].map((file) => readFile(join(example, file), 'utf8')),
      );
      for (const part of [take(), take(), take()])
        assert.ok(
          sources.some((source) => source.includes(part)),
          part,
        );
    },
  };

  test('every guide is run', async () => {
    const all = (await readdir(guides)).filter((name) => name.endsWith('.md')).sort();
    assert.deepEqual(Object.keys(runs).sort(), all);
  });

  for (const [guide, runBlocks] of Object.entries(runs)) {
    test(guide, { timeout: 120_000 }, async () => {
      const blocks = await blocksOf(guide);
      await runBlocks(() => blocks.shift() ?? assert.fail('there are no more blocks'));
      assert.deepEqual(blocks, [], 'every block is run');
    });
  }
});
