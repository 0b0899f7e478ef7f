/** The package as npm publishes it: packed, installed into an empty prefix from a registry, started, asked, stopped. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findFreePort } from 'colloquy-testkit/free-port';
import { repeatTranscript } from './transcripts.ts';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));
const registry = process.env.npm_config_registry || 'https://registry.npmjs.org/';
const place = await mkdtemp(join(tmpdir(), 'colloquy-package-'));
const home = join(place, 'prefix/lib/node_modules/colloquy');
after(() => rm(place, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `PATH` begins with this Node.js, so that npm and what it runs use it. */
async function run(command: string, args: readonly string[], directory: string): Promise<Outcome> {
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
  const child = spawn(command, args, { cwd: directory, env: { ...process.env, PATH }, stdio: 'pipe' });
  const exit = once(child, 'exit');
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await exit;
  return { code, out, err };
}

/** A copy of what the package is made of, so that packing changes nothing under the other tests. */
async function copyRepository(): Promise<string> {
  const copy = join(place, 'repository');
  const own = (path: string) => !/\/packages\/server\/(dist|test|node_modules|docs)(\/|$)/.test(path);
  await mkdir(copy);
  for (const name of await readdir(repository)) {
    if (/^(README|CHANGELOG|CONTRIBUTING|LICENSE|package|docs$|scripts$|\.env\.example$)/.test(name)) {
      await cp(join(repository, name), join(copy, name), { recursive: true, filter: own });
    }
  }
  await symlink(join(repository, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/**
 * A registry that has the packed package, and sends every other request on. npm heeds a package's own
 * `npm-shrinkwrap.json` only where the registry has found one in it and says so.
 */
async function serveRegistry(tarball: string) {
  const manifest = JSON.parse(await readFile(join(place, 'repository/packages/server/package.json'), 'utf8'));
  const bytes = await readFile(tarball);
  const server = createServer((request, response) => {
    if (request.url === '/colloquy') {
      const dist = { tarball: `${address}/colloquy.tgz` };
      const one = { ...manifest, _hasShrinkwrap: true, dist };
      const latest: string = manifest.version;
      response.setHeader('Content-Type', 'application/json');
      response.end(
        JSON.stringify({ name: 'colloquy', 'dist-tags': { latest }, versions: { [latest]: one } }),
      );
    } else if (request.url === '/colloquy.tgz') response.end(bytes);
    else response.writeHead(302, { Location: new URL(`.${request.url}`, registry).href }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, [Symbol.dispose]: () => void server.close() };
}

const ping = await run('npm', ['ping', '--registry', registry, '--fetch-retries=0'], place);
const options = ping.code === 0 ? {} : { skip: `no package registry: ${ping.err.split('\n')[0]}` };

test('npm pack makes a package without sources, tests and testkit', options, async () => {
  const copy = await copyRepository();
  const compiled = join(copy, 'packages/server/dist/.compiled');
  await mkdir(compiled, { recursive: true });
  await writeFile(join(compiled, 'of-a-start.js'), '');
  const { code, out, err } = await run(
    'npm',
    ['pack', '--json', '--pack-destination', place],
    join(copy, 'packages/server'),
  );
  assert.equal(code, 0, err);
  const [packed] = Object.values(JSON.parse(out.slice(out.search(/^[[{]/m)))) as [
    { filename: string; files: { path: string }[] },
  ];
  const files = packed.files.map(({ path }) => path);
  assert.deepEqual(
    files.filter((path) =>
      /\.ts$|\.map$|\.compiled|^test|testkit|^bin\/(browser-)?bundle|^node_modules/.test(path),
    ),
    [],
  );
  for (const path of [
    'README.md',
    'LICENSE',
    '.env.example',
    'docs/operations.md',
    'dist/cli.js',
    'dist/browser/console/index.html',
    'dist/browser/widget/widget.js',
    'dist/writer.worker.js',
    'npm-shrinkwrap.json',
  ]) {
    assert.ok(files.includes(path), path);
  }
  const left = await readdir(join(copy, 'packages/server'));
  assert.deepEqual(left.toSorted(), ['bin', 'dist', 'package.json', 'src'], 'packing cleans up after itself');
});

test('npm install -g brings the versions of the lock file, and no GPU packages', options, async () => {
  const tarball = (await readdir(place)).find((name) => name.endsWith('.tgz')) ?? '';
  using served = await serveRegistry(join(place, tarball));
  const install = ['install', '-g', 'colloquy', '--prefix', join(place, 'prefix')];
  const { code, err } = await run(
    'npm',
    [...install, '--registry', served.address, '--prefer-offline', '--no-audit', '--no-fund'],
    place,
  );
  assert.equal(code, 0, err);
  const lock = JSON.parse(await readFile(join(repository, 'package-lock.json'), 'utf8'));
  for (const name of ['commander', 'linkedom', 'unpdf', 'fastify', 'node-llama-cpp']) {
    const entry =
      lock.packages[`packages/server/node_modules/${name}`] ?? lock.packages[`node_modules/${name}`];
    const manifest = await readFile(join(home, 'node_modules', name, 'package.json'), 'utf8');
    assert.equal(JSON.parse(manifest).version, entry.version, name);
  }
  const cuda = join(home, 'node_modules/@node-llama-cpp/linux-x64-cuda/package.json');
  const { name } = JSON.parse(await readFile(cuda, 'utf8').catch(() => '{"name":"empty-npm-package"}'));
  assert.equal(name, 'empty-npm-package');
});

test(
  'what the documentation shows of an install is what happens, in an empty directory',
  options,
  async () => {
    const directory = join(place, 'empty');
    await mkdir(directory);
    await repeatTranscript('docs/install.md', 'From npm', {
      directory,
      port: await findFreePort(),
      env: {
        PATH: [join(place, 'prefix/bin'), dirname(process.execPath), process.env.PATH].join(delimiter),
        COLLOQUY_LOCAL_MODEL: 'off',
      },
      // The test before has done it.
      instead: (command) => (command === 'npm install -g colloquy' ? undefined : command),
    });
  },
);

test(
  'what the documentation shows of a container is what its program and variables do',
  options,
  async () => {
    const dockerfile = await readFile(join(repository, 'deploy/Dockerfile'), 'utf8');
    const [, variables = ''] = /^ENV (.+)$/m.exec(dockerfile) ?? [];
    const [, program = ''] =
      /^ENTRYPOINT \["node", "\/app\/packages\/server\/([^"]+)"\]$/m.exec(dockerfile) ?? [];
    const data = join(place, 'volume');
    const env = Object.fromEntries(variables.split(' ').map((one) => one.split('=')));
    await repeatTranscript('docs/install.md', 'With containers', {
      directory: place,
      port: await findFreePort(),
      env: { ...env, HOST: '127.0.0.1', DATA_DIR: data, COLLOQUY_LOCAL_MODEL: 'off' },
      // There is no engine that runs containers here.
      instead: (command) =>
        command.startsWith('docker compose')
          ? `${process.execPath} ${join(home, program)} start`
          : command.replace(/docker compose \S+ \S+ exec colloquy cat \/data/, `cat ${data}`),
    });
  },
);

test('it answers from its documentation', options, async () => {
  const directory = join(place, 'empty');
  const child = spawn(process.execPath, [join(place, 'prefix/bin/colloquy'), 'start'], {
    cwd: directory,
    env: { PATH: process.env.PATH ?? '', PORT: '0', COLLOQUY_LOCAL_MODEL: 'off' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  after(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk));
  for await (const chunk of child.stdout) {
    output += chunk;
    if (/listens on http\S+/.test(output)) break;
  }
  const url = /listens on (http\S+)/.exec(output)?.[1];
  assert.ok(url, output);
  const key = (await readFile(join(directory, 'data/first-key'), 'utf8')).trim();
  const ask = (message: string) =>
    fetch(`${url}/api/chat/completion/stream`, {
      method: 'POST',
      headers: { 'X-API-Key': key, 'Content-Type': 'application/json' },
      body: JSON.stringify({ message }),
    }).then((response) => response.text());
  const answer = await ask('How do I make a backup?');
  assert.match(answer, /"type":"done"/, output);
  assert.match(answer, /operations\.md/, 'the guide has its documentation');
  assert.match(await ask('What does AUDIT_RETENTION_DAYS mean?'), /"type":"done"/);
  const docs = await fetch(`${url}/docs/scalar.js`);
  assert.equal(docs.status, 200, await docs.text());
  child.kill('SIGTERM');
  assert.deepEqual(await exit, [0, null], output);
});

test('every other command runs too', options, async () => {
  const program = join(place, 'prefix/bin/colloquy');
  const { code, out, err } = await run(process.execPath, [program, '--help'], place);
  assert.equal(code, 0, err);
  assert.match(out, /^Usage: colloquy/);
});
