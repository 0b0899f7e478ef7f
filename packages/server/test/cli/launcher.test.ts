/** The launcher under an old Node.js: it runs the program with the installed new Node.js. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** The oldest major version that runs the server. */
const neededMajor = 24;

/** Replaces `src/cli/cli.ts` and does what its first argument says. */
const fakeCli = `
export async function run(args: readonly string[]): Promise<void> {
  const version: string = process.versions.node;
  if (args[0] === 'exit') {
    console.log(JSON.stringify({ version, pid: process.pid, args }));
    process.exit(7);
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {
    console.log(signal);
    process.exit(5);
  });
  console.log('ready');
  setInterval(() => undefined, 1000);
}
`;

/** Makes an installation with the npm package `node` in the given version. */
async function install(t: TestContext, nodePackage: string | undefined): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'colloquy-launcher-'));
  t.after(() => rm(home, { recursive: true }));
  await cp(fileURLToPath(new URL('../../bin/', import.meta.url)), join(home, 'bin'), { recursive: true });
  await mkdir(join(home, 'src/cli'), { recursive: true });
  await writeFile(join(home, 'src/cli/cli.ts'), fakeCli);
  await writeFile(join(home, 'package.json'), '{"type":"module"}');
  if (nodePackage !== undefined) {
    await mkdir(join(home, 'node_modules/node/bin'), { recursive: true });
    await writeFile(join(home, 'node_modules/node/package.json'), JSON.stringify({ version: nodePackage }));
    await symlink(process.execPath, join(home, 'node_modules/node/bin/node'));
  }
  return join(home, 'bin/colloquy.js');
}

/** The first Node.js of this machine that is too old to run the server itself. */
function findOldNode(): string | undefined {
  const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/bin', '/usr/bin'];
  return places
    .map((place) => join(place, 'node'))
    .find((node) => {
      const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
      const major = Number(/^v(\d+)\./.exec(stdout ?? '')?.[1] ?? 0);
      return major >= 14 && major < neededMajor;
    });
}

const oldNode = findOldNode() ?? '';
const options = oldNode === '' ? { skip: `no Node.js below ${neededMajor} on this machine` } : {};

function launch(node: string, launcher: string, ...args: string[]): ChildProcess {
  return spawn(node, [launcher, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function outcomeOf(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
  assert.ok(child.stdout && child.stderr);
  const exit = once(child, 'exit');
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await exit;
  return { code, out, err };
}

test('goes on with the node package: arguments and exit code kept', options, async (t) => {
  const launcher = await install(t, process.versions.node);
  const { code, out } = await outcomeOf(launch(oldNode, launcher, 'exit', 'two words', '--flag'));
  const { version, args } = JSON.parse(out);
  assert.deepEqual(
    { code, version, args },
    { code: 7, version: process.versions.node, args: ['exit', 'two words', '--flag'] },
  );
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`passes ${signal} on`, options, async (t) => {
    const child = launch(oldNode, await install(t, process.versions.node), 'wait');
    assert.ok(child.stdout);
    child.stdout.once('data', () => child.kill(signal));
    assert.deepEqual(await outcomeOf(child), { code: 5, out: `ready\n${signal}\n`, err: '' });
  });
}

test('killed outright, it leaves no server behind', options, async (t) => {
  const child = launch(oldNode, await install(t, process.versions.node), 'wait');
  assert.ok(child.stdout);
  child.stdout.once('data', () => child.kill('SIGKILL'));
  // The pipe closes when the last process that holds it is gone.
  assert.equal((await outcomeOf(child)).out, 'ready\n');
});

test('a new enough Node.js runs the server in its own process', async (t) => {
  const child = launch(process.execPath, await install(t, undefined), 'exit');
  const { code, out } = await outcomeOf(child);
  assert.deepEqual({ code, pid: JSON.parse(out).pid }, { code: 7, pid: child.pid });
});

for (const [what, nodePackage] of [
  ['missing', undefined],
  ['too old', '22.1.0'],
  ['too old within its major version', '24.6.1'],
] as const) {
  test(`with the node package ${what}: one sentence that says what to do, exit 1`, options, async (t) => {
    const { code, out, err } = await outcomeOf(launch(oldNode, await install(t, nodePackage), 'exit'));
    assert.deepEqual({ code, out }, { code: 1, out: '' });
    assert.match(err, /^Colloquy needs Node\.js 24\.7 or newer and this is \d+\.\d+\.\d+: .*npm ci.*\n$/);
  });
}

test(
  'a published package, which has no sources, says how to run it with a new Node.js',
  options,
  async (t) => {
    const launcher = await install(t, undefined);
    await rm(join(launcher, '../../src'), { recursive: true });
    const { code, err } = await outcomeOf(launch(oldNode, launcher, 'start'));
    assert.equal(code, 1);
    assert.match(
      err,
      /^Colloquy needs Node\.js 24\.7 or newer and this is [\d.]+: run it with one, as "npx -p node@24 /,
    );
  },
);
