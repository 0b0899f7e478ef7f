/** What V8 has compiled is kept beside the bundle, and only where nobody else could have put it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  access,
  appendFile,
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { spawnServer } from 'colloquy-testkit/server-process';
import { install, run, server } from './installation.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
/** Without the variables that a run of tests has set for Node.js. */
const env = { PATH: process.env.PATH };

/** Replaces `src/cli/cli.ts`: tells where compiled modules are kept. */
const fakeCli = `
import { getCompileCacheDir } from 'node:module';
import { Worker } from 'node:worker_threads';
export async function run(): Promise<void> {
  const inThread = 'process.getBuiltinModule("node:module").getCompileCacheDir() ?? null';
  const worker = new Worker(\`require('node:worker_threads').parentPort.postMessage(\${inThread})\`, { eval: true });
  worker.once('message', (thread: string | null) => {
    console.log(JSON.stringify({ main: getCompileCacheDir() ?? null, thread }));
  });
}
`;

const nowhere = { main: null, thread: null };

/** An installation whose bundle is made, and nothing kept of it. */
async function bundled(t: TestContext): Promise<{ home: string; compiled: string }> {
  const home = await install(t, fakeCli);
  await run(home, ['start'], { env: { ...env, NODE_DISABLE_COMPILE_CACHE: '1' } });
  return { home, compiled: join(home, 'dist/.compiled') };
}

async function filesOf(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

test('compiled modules are kept for this user alone, and removed with a new bundle', async (t) => {
  const { home, compiled } = await bundled(t);
  const { main, thread } = await run(home, ['start'], { env });
  assert.equal(join(String(main), '..'), compiled);
  assert.equal(thread, main);
  assert.notDeepEqual(await filesOf(compiled), []);
  assert.equal((await stat(compiled)).mode & 0o777, 0o700);
  const mark = join(compiled, 'mark');
  await writeFile(mark, '');
  await run(home, ['start'], { env });
  await access(mark);
  await appendFile(join(home, 'src/cli/cli.ts'), '// changed\n');
  await run(home, ['start'], { env });
  await assert.rejects(access(mark), /ENOENT/);
  assert.notDeepEqual(await filesOf(compiled), []);
});

test('what an operator says to Node.js of compiled modules stands', async (t) => {
  const { home, compiled } = await bundled(t);
  await assert.rejects(access(compiled), /ENOENT/, 'it was disabled when the bundle was made');
  const disabled = { ...env, NODE_DISABLE_COMPILE_CACHE: '1' };
  assert.deepEqual(await run(home, ['start'], { env: disabled }), nowhere);
  const elsewhere = join(home, 'elsewhere');
  const { main } = await run(home, ['start'], { env: { ...env, NODE_COMPILE_CACHE: elsewhere } });
  assert.equal(join(String(main), '..'), elsewhere);
  await assert.rejects(access(compiled), /ENOENT/);
});

test('a start says nothing of it where this user may not write', async (t) => {
  const { home, compiled } = await bundled(t);
  if (!isRoot) {
    await chmod(join(home, 'dist'), 0o555);
    t.after(() => chmod(join(home, 'dist'), 0o755));
  }
  const user = isRoot ? { uid: nobody } : {};
  assert.deepEqual(await run(home, ['start'], { env, ...user }), nowhere);
  await assert.rejects(access(compiled), /ENOENT/);
});

test('nothing is taken from a directory into which others can write', async (t) => {
  const { home, compiled } = await bundled(t);
  await mkdir(compiled);
  for (const mode of [0o770, 0o707]) {
    await chmod(compiled, mode);
    assert.deepEqual(await run(home, ['start'], { env }), nowhere, mode.toString(8));
  }
  assert.deepEqual(await filesOf(compiled), []);
  await rm(compiled, { recursive: true });
  await writeFile(compiled, '', { mode: 0o600 });
  assert.deepEqual(await run(home, ['start'], { env }), nowhere, 'a file');
});

test('nothing is taken from a directory of another user', { skip: !isRoot && 'not root' }, async (t) => {
  const { home, compiled } = await bundled(t);
  await mkdir(compiled, { mode: 0o700 });
  await chown(compiled, nobody, nobody);
  assert.deepEqual(await run(home, ['start'], { env }), nowhere);
  await chown(compiled, 0, 0);
  assert.deepEqual(await run(home, ['start'], { env, uid: nobody }), nowhere);
  assert.deepEqual(await filesOf(compiled), []);
});

/** The server of this checkout in the form that is published, in a directory of its own. */
async function installServer(t: TestContext): Promise<string> {
  const made = spawnSync(process.execPath, [join(server, 'bin/bundle.js')], { encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
  const checkout = await mkdtemp(join(tmpdir(), 'colloquy-compiled-'));
  t.after(() => rm(checkout, { recursive: true }));
  const home = join(checkout, 'packages/server');
  for (const path of ['bin', 'package.json', 'src/store/schema']) {
    await cp(join(server, path), join(home, path), { recursive: true });
  }
  await mkdir(join(home, 'dist'));
  for (const name of await readdir(join(server, 'dist'))) {
    if (/\.js(on)?$/.test(name)) await cp(join(server, 'dist', name), join(home, 'dist', name));
  }
  await symlink(join(server, '../../node_modules'), join(checkout, 'node_modules'));
  return checkout;
}

test('a server that is killed while it runs has kept what both of its threads have compiled', async (t) => {
  const checkout = await installServer(t);
  const compiled = join(checkout, 'packages/server/dist/.compiled');
  const place = await emptyPlace('sqlite');
  t.after(() => rm(place.dataDir, { recursive: true, force: true }));
  await using running = await spawnServer(serverEnvironment(place, { NODE_COMPILE_CACHE: '' }), { checkout });
  /** Outside of functions in `config/variables.ts`, for the program, and in `writer.worker.ts`, for the thread. */
  const texts = ['OVERLOAD_LOOP_DELAY_MS', 'the writer runs as a worker thread'];
  const missing = async (): Promise<string[]> => {
    const kept = await Promise.all((await filesOf(compiled)).map((path) => readFile(path, 'latin1')));
    return texts.filter((text) => !kept.some((file) => file.includes(text)));
  };
  while ((await missing()).length > 0) await sleep(200);
  running.signal('SIGKILL');
  assert.equal(await running.exited, 'SIGKILL');
  assert.deepEqual(await missing(), []);
});
