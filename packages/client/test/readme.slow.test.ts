/** The examples of the README: all are type-checked, and those that need no page run against a real server. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startTestServer, type TestServer } from 'colloquy-testkit/server';
import { answer as scripted } from 'colloquy-testkit/upstream/scripted-upstream';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/```(tsx?)\n(.*?)```/gs)].map(([, kind = '', code = '']) => ({
  kind,
  code,
}));

/** What examples take from around them, where they do not declare it themselves. */
const surroundings: Readonly<Record<string, readonly [declared: string, imports?: string]>> = {
  colloquy: ['declare const colloquy: Colloquy;'],
  Colloquy: ['', `import { Colloquy } from '@colloquy/client';`],
  ColloquyError: ['', `import { ColloquyError } from '@colloquy/client';`],
  createRoot: ['', `import { createRoot } from 'react-dom/client';`],
  session: ['declare const session: string;'],
  id: ['declare const id: string;'],
  element: ['declare const element: HTMLElement;'],
  render: ['declare function render(snapshot: object): void;'],
};

function whole(code: string): string {
  const lines = Object.entries(surroundings).flatMap(([name, [declared, imports]]) => {
    const isOwn = new RegExp(`(const|function) (\\{[^}]*)?\\b${name}\\b|import \\{[^}]*\\b${name}\\b`).test(
      code,
    );
    if (isOwn) return [];
    const isUsed = new RegExp(`\\b${name}\\b`).test(code) || name === 'Colloquy';
    return isUsed ? [imports ?? declared] : [];
  });
  return `${lines.join('\n')}\n${code}\nexport {};\n`;
}

let place: string;
let server: TestServer;
before(async () => {
  place = await mkdtemp(join(tmpdir(), 'colloquy-readme-'));
  await symlink(join(root, 'node_modules'), join(place, 'node_modules'));
  await writeFile(join(place, 'package.json'), '{"type":"module"}');
  server = await startTestServer();
  server.upstream.setDefault(({ lastUserMessage }) => scripted(`Re: ${lastUserMessage}`));
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await rm(place, { recursive: true, force: true });
});

test('they are right by the type checker', async () => {
  assert.ok(examples.length >= 6);
  const files: string[] = [];
  for (const [index, { kind, code }] of examples.entries()) {
    const name = `example${index}.${kind}`;
    await writeFile(join(place, name), whole(code));
    files.push(name);
  }
  const options = [
    '--strict',
    '--noEmit',
    '--skipLibCheck',
    '--allowImportingTsExtensions',
    '--jsx',
    'react-jsx',
  ];
  const target = [
    '--target',
    'es2022',
    '--lib',
    'es2023,dom,dom.iterable',
    '--types',
    'node',
    '--module',
    'nodenext',
  ];
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const args = [tsc, ...options, ...target, '--customConditions', 'colloquy:source', ...files];
  const { stdout } = spawnSync(process.execPath, args, { cwd: place, encoding: 'utf8' });
  assert.equal(stdout, '');
});

test('they run', async () => {
  const { client, session } = await begin();
  const runs = examples.filter(
    ({ code }) => /colloquy\.|createConversation/.test(code) && !/useChat|browser/.test(code),
  );
  assert.ok(runs.length >= 3);
  const snapshots: object[] = [];
  Object.assign(globalThis, {
    colloquy: client,
    session,
    render: (snapshot: object) => void snapshots.push(snapshot),
  });
  process.env.COLLOQUY_KEY = server.prodKey;
  for (const [index, { code }] of runs.entries()) {
    const { outputFiles } = await build({
      stdin: {
        contents: whole(
          code.replaceAll('https://chat.example.com', server.url).replaceAll(`'support'`, `'helper'`),
        ),
        resolveDir: place,
        loader: 'ts',
      },
      bundle: true,
      format: 'esm',
      platform: 'node',
      conditions: ['colloquy:source'],
      write: false,
    });
    const file = join(place, `run${index}.mjs`);
    await writeFile(file, outputFiles[0]?.text ?? '');
    await import(pathToFileURL(file).href);
  }
  assert.ok(snapshots.length > 0);
  const asked = server.upstream.requests.map(({ lastUserMessage }) => lastUserMessage);
  assert.ok(asked.includes('What can you do?') && asked.includes('And then?'), asked.join());
});

async function begin() {
  const { Colloquy } = await import('../src/index.ts');
  const client = new Colloquy({ baseUrl: server.url, apiKey: server.prodKey });
  const { token } = await client.tokens.create({ userId: 'u1' });
  const { sessionId } = await new Colloquy({ baseUrl: server.url, token }).send('Lisbon?');
  return { client, session: sessionId };
}
