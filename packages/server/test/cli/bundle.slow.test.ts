/** Which form of the program runs, and what a start loads. */
import assert from 'node:assert/strict';
import { appendFile, cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { launchServer } from 'colloquy-testkit/server-process';
import { install, run, server } from './installation.ts';

/** Replaces `src/cli/cli.ts`: prints where it runs, the addresses of a worker and of a file beside it, and a letter that is not ASCII. */
const fakeCli = `
export async function run(args: readonly string[]): Promise<void> {
  const stack: string = new Error().stack ?? '';
  const worker = new URL('./fake.worker.ts', import.meta.url).pathname.split('/').slice(-2).join('/');
  const name: string = 'note';
  const beside = new URL(\`./\${name}.txt\`, import.meta.url).pathname.split('/').slice(-3).join('/');
  console.log(JSON.stringify({ form: /dist|src/.exec(stack.split('\\n')[1] ?? '')?.[0], worker, beside, letter: 'ö' }));
}
`;

const asSource = { form: 'src', worker: 'cli/fake.worker.ts', beside: 'src/cli/note.txt', letter: 'ö' };
const asBundle = { form: 'dist', worker: 'dist/fake.worker.js', beside: 'src/cli/note.txt', letter: 'ö' };

test('a start makes the bundle, and other commands take it while it is up to date', async (t) => {
  const home = await install(t, fakeCli);
  assert.deepEqual(await run(home, ['version']), asSource);
  assert.deepEqual(await run(home, ['start']), asBundle);
  assert.deepEqual(await run(home, ['version']), asBundle);
  await appendFile(join(home, 'src/cli/cli.ts'), '// changed\n');
  assert.deepEqual(await run(home, ['version']), asSource);
  assert.deepEqual(await run(home, []), asBundle);
  await rm(join(home, 'src'), { recursive: true });
  assert.deepEqual(await run(home, ['start']), asBundle);
});

test('the sources run where no bundle can be made', async (t) => {
  const home = await install(t, fakeCli);
  await writeFile(join(home, 'bin/bundle.js'), "import 'a-package-that-is-not-there';\n");
  assert.deepEqual(await run(home, ['start']), asSource);
  const strange = 'console.log(import.meta.dirname === undefined);\n';
  await cp(join(server, 'bin/bundle.js'), join(home, 'bin/bundle.js'));
  await writeFile(join(home, 'src/cli/fake.worker.ts'), strange);
  assert.deepEqual(await run(home, ['start']), asSource);
  await assert.rejects(readdir(join(home, 'dist')), /ENOENT/);
});

/** Writes the address of each module that is loaded to standard error. */
const listing = `
import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    if (!url.startsWith('node:')) writeSync(2, 'loads ' + url + '\\n');
    return next(url, context);
  },
});
`;

test('a start loads a few files, and no package by itself', async (t) => {
  const place = await emptyPlace('sqlite');
  t.after(() => rm(place.dataDir, { recursive: true, force: true }));
  const hooks = join(await mkdtemp(join(tmpdir(), 'colloquy-hooks-')), 'hooks.mjs');
  t.after(() => rm(join(hooks, '..'), { recursive: true }));
  await writeFile(hooks, listing);
  const child = launchServer(serverEnvironment(place, { COLLOQUY_LOCAL_MODEL: 'off' }), {
    execArguments: ['--import', hooks],
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (/listens on/.test(output)) resolve();
    });
  }
  child.once('exit', () => reject(new Error(output)));
  await listening;
  const loaded = output.match(/(?<=^loads ).*$/gm) ?? [];
  const outside = loaded.filter((url) => !url.includes('/packages/server/dist/'));
  assert.deepEqual(
    outside.map((url) => url.split('/packages/server/').at(-1)).toSorted(),
    ['bin/colloquy.js', 'bin/compiled.js', 'bin/node-version.js', 'bin/npm-parent.js', 'bin/program.js'],
    'a package that every start loads belongs into the bundle (bin/bundle.js); another one is loaded when it is needed',
  );
  assert.ok(loaded.length < 100, `${loaded.length} files:\n${loaded.join('\n')}`);
});
