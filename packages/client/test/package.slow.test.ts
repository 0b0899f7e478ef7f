/** The package as it is published: its size, what it imports, and its types as others compile against them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

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

test('with its dependency it is 8 kB at most, and needs nothing of Node.js', async () => {
  const text = await bundled('@colloquy/client');
  const bytes = gzipSync(text, { level: 9 }).length;
  assert.ok(bytes <= 8_000, `${bytes} bytes`);
  assert.doesNotMatch(text, /["']node:|\bprocess\.|\bBuffer\b|require\(/);
});

test('a conversation as a store adds 6 kB at most', async () => {
  const text = await bundled('@colloquy/client/store', ['eventsource-parser']);
  const bytes = gzipSync(text, { level: 9 }).length;
  assert.ok(bytes <= 6_000, `${bytes} bytes`);
  assert.doesNotMatch(text, /["']node:|\bprocess\.|\bBuffer\b|require\(/);
});

test('nothing of it runs where nothing of it is used', async () => {
  const { outputFiles } = await build({
    stdin: { contents: `import '@colloquy/client';`, resolveDir: place },
    bundle: true,
    platform: 'neutral',
    write: false,
    logLevel: 'error',
  });
  assert.ok((outputFiles[0]?.text ?? '').length < 200, outputFiles[0]?.text);
});

test('dist holds what package.json names, and nothing of the tests', async () => {
  const entries = await readdir(join(home, 'dist'), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(join(home, 'dist'), join(parentPath, name)));
  const { exports } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as {
    exports: Record<string, { types: string; default: string } | string>;
  };
  for (const entry of Object.values(exports)) {
    if (typeof entry === 'string') continue;
    for (const path of [entry.types, entry.default])
      assert.ok(files.includes(path.replace('./dist/', '')), path);
  }
  assert.deepEqual(
    files.filter((name) => !/\.(js|js\.map|d\.ts)$/.test(name)),
    [],
  );
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
  await writeFile(join(place, 'package.json'), '{"type":"module"}');
  await writeFile(join(place, 'main.ts'), program);
  const tsc = join(modules, 'typescript/bin/tsc');
  for (const kind of [
    ['--module', 'nodenext'],
    ['--module', 'esnext', '--moduleResolution', 'bundler'],
  ])
    run(tsc, '--strict', '--target', 'es2022', '--lib', 'es2023,dom', '--types', '', ...kind, 'main.ts');
  assert.match(run('main.js'), /connection/);
});
