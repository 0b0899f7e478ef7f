/** The package as npm publishes it: what is in it, its types, and that a page can be bundled with it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { publint } from 'publint';
import { attributeNames } from '../src/settings.ts';

const source = fileURLToPath(new URL('../', import.meta.url));
let place: string;
let home: string;

function run(...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: place, encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
}

before(async () => {
  place = await mkdtemp(join(tmpdir(), 'colloquy-widget-'));
  home = join(place, 'node_modules/@colloquy/widget');
  await mkdir(home, { recursive: true });
  run(join(source, 'build.js'), join(home, 'dist'));
  for (const name of ['package.json', 'index.d.ts', 'README.md'])
    await cp(join(source, name), join(home, name));
});
after(() => rm(place, { recursive: true, force: true }));

test('it is as npm wants it, and holds what its exports name', async () => {
  const { messages } = await publint({ pkgDir: home, strict: true });
  assert.deepEqual(
    messages.map(({ code }) => code),
    [],
  );
  const files = await readdir(join(home, 'dist'));
  for (const name of ['index.js', 'widget.js', 'widget.iife.js']) assert.ok(files.includes(name), name);
});

test('importing it touches nothing, on a server either', async () => {
  await writeFile(
    join(place, 'import.mjs'),
    "import { mount } from '@colloquy/widget'; if (typeof mount !== 'function') process.exit(1);",
  );
  run(join(place, 'import.mjs'));
});

test('a page is bundled with it, what it loads later included', async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: "import { mount } from '@colloquy/widget'; mount({ 'token-endpoint': '/t' });",
      resolveDir: place,
    },
    bundle: true,
    splitting: true,
    format: 'esm',
    outdir: join(place, 'page'),
    write: false,
  });
  assert.ok(outputFiles.some(({ path }) => /widget-talk/.test(path)));
});

test('its types are those of the sources, and say what the README does', async () => {
  const program = `
import { mount, type AttributeName, type ColloquyChatElement as Published, type MountOptions as Options } from '@colloquy/widget';
const chat = mount({ server: 'https://chat.example.com', 'token-endpoint': '/api/chat-token', heading: 'Support', open: true });
chat.addEventListener('colloquy:answer', ({ detail }) => detail.text.length + detail.messageId.length);
document.querySelector('colloquy-chat')?.setContext({ page: '/', count: 1 });
const options: Options = { getToken: async () => ({ token: 't', expires_at: 1 }), strings: { send: 'Go', sources: (count: number) => String(count) } };
const element: Published = mount(options);
const names: Record<AttributeName, true> = { ${attributeNames.map((name) => `'${name}': true`).join(', ')} };
// @ts-expect-error an attribute that there is not
mount({ colour: 'red' });
export { element, names };
`;
  await writeFile(join(place, 'page.ts'), program);
  const options = {
    strict: true,
    module: 'esnext',
    moduleResolution: 'bundler',
    target: 'es2022',
    lib: ['es2023', 'dom'],
    noEmit: true,
    types: [],
  };
  await writeFile(
    join(place, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: ['page.ts'] }),
  );
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  run(tsc, '-p', place);
});
