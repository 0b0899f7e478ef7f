/** The package as it is published: its size, what it imports, and its types as others compile against them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { publint } from 'publint';

const source = fileURLToPath(new URL('../', import.meta.url));
const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url));
let place: string;
let home: string;

function run(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: place, encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

before(async () => {
  place = await mkdtemp(join(tmpdir(), 'colloquy-client-'));
  home = join(place, 'node_modules/@colloquy/client');
  await mkdir(home, { recursive: true });
  run(join(source, 'build.js'), join(home, 'dist'));
  await cp(join(source, 'package.json'), join(home, 'package.json'));
  // The client runs on older Node.js than the server, and so on an older version of it.
  const parser = dirname(createRequire(join(source, 'src/')).resolve('eventsource-parser'));
  await symlink(dirname(parser), join(place, 'node_modules/eventsource-parser'));
  await mkdir(join(place, 'node_modules/@types'));
  await mkdir(join(place, 'node_modules/@ai-sdk'));
  for (const name of ['react', 'ai', '@types/react', '@ai-sdk/react'])
    await symlink(join(modules, name), join(place, 'node_modules', name));
});
after(() => rm(place, { recursive: true, force: true }));

async function bundled(entry: string, external: readonly string[] = []): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: `export * from '${entry}';`, resolveDir: place },
    external: [...external],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2022',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

/** Of what others load: minified, gzip -9. */
const bytesOf = (text: string): number => gzipSync(text, { level: 9 }).length;

test('with its dependency it is 8 kB at most, and what is beside it adds little', async () => {
  const parts: Readonly<Record<string, readonly [limit: number, text: string]>> = {
    client: [8_000, await bundled('@colloquy/client')],
    // Without the client, which an app has anyway.
    store: [7_000, await bundled('@colloquy/client/store', ['eventsource-parser'])],
    // Without the store.
    react: [2_000, await bundled('@colloquy/client/react', ['react', './chunk-*'])],
    'ai-sdk': [2_000, await bundled('@colloquy/client/ai-sdk', ['./chunk-*'])],
  };
  for (const [name, [limit, text]] of Object.entries(parts)) {
    assert.ok(bytesOf(text) <= limit, `${name}: ${bytesOf(text)} bytes`);
    assert.ok(bytesOf(text) > limit / 10, `${name} is not in its bundle`);
    assert.doesNotMatch(text, /["']node:|\bprocess\.|\bBuffer\b|require\(/, name);
    console.log(`${name}: ${bytesOf(text)} bytes`);
  }
});

test('nothing of it runs where nothing of it is used', async () => {
  const { outputFiles } = await build({
    stdin: { contents: `import '@colloquy/client'; import '@colloquy/client/store';`, resolveDir: place },
    bundle: true,
    platform: 'neutral',
    write: false,
    logLevel: 'error',
  });
  assert.ok((outputFiles[0]?.text ?? '').length < 200, outputFiles[0]?.text);
});

test('npm gets dist, README and the licence; publint and attw find nothing', async () => {
  const npm = spawnSync('npm', ['pack', '--json', '--pack-destination', place], {
    cwd: source,
    encoding: 'utf8',
  });
  assert.equal(npm.status, 0, npm.stderr);
  // What the build says comes before it.
  const packed = JSON.parse(npm.stdout.slice(npm.stdout.indexOf('[\n'))) as [
    { readonly filename: string; readonly files: readonly { readonly path: string }[] },
  ];
  const [{ filename, files }] = packed;
  const paths = files.map(({ path }) => path);
  const { exports } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as {
    exports: Record<string, { types: string; default: string } | string>;
  };
  assert.deepEqual(Object.keys(exports), ['.', './store', './react', './ai-sdk', './package.json']);
  for (const entry of Object.values(exports)) {
    if (typeof entry === 'string') continue;
    for (const path of [entry.types, entry.default]) assert.ok(paths.includes(path.replace('./', '')), path);
  }
  assert.deepEqual(paths.filter((path) => !/^dist\/[\w/-]+\.(js|js\.map|d\.ts)$/.test(path)).sort(), [
    'LICENSE',
    'README.md',
    'package.json',
  ]);
  assert.ok(!existsSync(join(source, 'LICENSE')));
  const tarball = join(place, filename);
  const bytes = await readFile(tarball);
  const { messages } = await publint({ pack: { tarball: new Uint8Array(bytes).buffer }, strict: true });
  assert.deepEqual(messages, []);
  const attw = join(modules, '@arethetypeswrong/cli/dist/index.js');
  run(attw, tarball, '--profile', 'esm-only', '--no-emoji');
});

test('the hooks are of the client, for frameworks that render on servers', async () => {
  assert.match(await readFile(join(home, 'dist/react.js'), 'utf8'), /^"use client";/);
});

test('its types are whole for nodenext and for bundlers, and its program runs', async () => {
  const program = `import { Colloquy, ColloquyError, type AnswerEvent, type ErrorCode } from '@colloquy/client';
const colloquy = new Colloquy({ baseUrl: 'http://127.0.0.1:1', apiKey: 'sk_prod_x', maxRetries: 0 });
export async function main(): Promise<string> {
  const answer = colloquy.send('x', { maxRetries: 0 });
  try {
    for await (const event of answer) {
      const type: AnswerEvent['type'] = event.type;
      if (event.type === 'text') console.log(type, event.text.length);
      // @ts-expect-error: only a text has a text
      if (event.type === 'done') console.log(event.text);
    }
    const { text, usage } = await answer;
    return text + usage.totalTokens;
  } catch (error) {
    if (!(error instanceof ColloquyError)) throw error;
    const code: ErrorCode = error.code;
    return code;
  }
}
main().then((outcome) => console.log(outcome));
`;
  const view = `import { Colloquy } from '@colloquy/client';
import { createConversation, type ChatMessage } from '@colloquy/client/store';
import { ColloquyProvider, useConversation, useMessage } from '@colloquy/client/react';
import { ColloquyChatTransport } from '@colloquy/client/ai-sdk';
import { useChat } from '@ai-sdk/react';
import { createElement } from 'react';
const client = new Colloquy({ baseUrl: 'http://127.0.0.1:1' });
export const first: ChatMessage | undefined = createConversation(client).getSnapshot().messages[0];
export function Chat() {
  const { messages, status, send, queue, edit } = useConversation({ persona: { alias: 'support' } });
  const message = useMessage(messages[0]?.id ?? '');
  const { sendMessage } = useChat({ transport: new ColloquyChatTransport(client) });
  // @ts-expect-error: there is no such status
  const isIdle = status === 'idle';
  return createElement('p', { onClick: () => send('x') }, message?.content, queue.length, String(isIdle));
}
export const app = createElement(ColloquyProvider, { client }, createElement(Chat));
`;
  await writeFile(join(place, 'package.json'), '{"type":"module"}');
  await writeFile(join(place, 'main.ts'), program);
  await writeFile(join(place, 'view.ts'), view);
  const tsc = join(modules, 'typescript/bin/tsc');
  for (const kind of [
    ['--module', 'nodenext'],
    ['--module', 'esnext', '--moduleResolution', 'bundler'],
  ]) {
    const options = ['--strict', '--target', 'es2022', '--lib', 'es2023,dom', '--types', '', ...kind];
    run(tsc, ...options, 'main.ts');
    // React's and the AI SDK's own declarations are theirs to check.
    run(tsc, ...options, '--noEmit', '--skipLibCheck', 'view.ts');
  }
  assert.match(run('main.js'), /connection/);
});
