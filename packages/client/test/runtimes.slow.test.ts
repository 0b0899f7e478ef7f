/**
 * The built client on other runtimes than this one, against a real server through a proxy that cuts. `.ci/run` brings
 * them; elsewhere the variables of `runtimes.ts` name their programs.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text as allOf } from 'node:stream/consumers';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findFreePort } from 'colloquy-testkit/free-port';
import { startTestServer, type TestServer } from 'colloquy-testkit/server';
import { gate, answer as scripted } from 'colloquy-testkit/upstream/scripted-upstream';
import { build } from 'esbuild';
import { Colloquy } from '../src/index.ts';
import { type FlakyProxy, startFlakyProxy } from './flaky-proxy.ts';
import { find, type Runtime, runtimes, workerd } from './runtimes.ts';

const source = fileURLToPath(new URL('../', import.meta.url));
const text = Array.from({ length: 80 }, (_, n) => `Slovo${n} žluťoučký 💡 kůň\n`).join('');
const expected = {
  finishReason: 'stop',
  stopped: 'cancelled',
  refused: 'not_found',
  isListed: true,
};

let place: string;
let server: TestServer;
let proxy: FlakyProxy;
before(async () => {
  place = await mkdtemp(join(tmpdir(), 'colloquy-runtimes-'));
  const home = join(place, 'node_modules/@colloquy/client');
  await mkdir(home, { recursive: true });
  const made = spawn(process.execPath, [join(source, 'build.js'), join(home, 'dist')], { stdio: 'inherit' });
  await new Promise((resolve) => made.once('close', resolve));
  await cp(join(source, 'package.json'), join(home, 'package.json'));
  const parser = dirname(createRequire(join(source, 'src/')).resolve('eventsource-parser'));
  await symlink(dirname(parser), join(place, 'node_modules/eventsource-parser'));
  await cp(join(source, 'test/runtime-program.js'), join(place, 'program.js'));
  await writeFile(join(place, 'package.json'), '{"type":"module"}');
  await writeFile(
    join(place, 'main.js'),
    `import process from 'node:process';
import { run } from './program.js';
const [baseUrl, apiKey, token] = process.argv.slice(-3);
console.log(JSON.stringify(await run(baseUrl, apiKey, token)));
`,
  );
  server = await startTestServer();
  proxy = await startFlakyProxy(() => server.url);
});
after(async () => {
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await rm(place, { recursive: true, force: true });
});

const held = gate();
let token: string;
beforeEach(async () => {
  const back = new Colloquy({ baseUrl: server.url, apiKey: server.prodKey });
  ({ token } = await back.tokens.create({ userId: randomUUID() }));
  proxy.requests.length = 0;
  proxy.misdeeds.length = 0;
  server.upstream.setDefault(({ lastUserMessage }) =>
    lastUserMessage === 'Stop me'
      ? { steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['One ', 'two ', 'three '] }, held.step] }
      : scripted(text),
  );
  // Within a character at times, and in the middle of an event.
  proxy.misdeeds.push({ status: 502 }, { splitBy: 7, cutAfter: 2999 }, { cutAfter: 1501 });
});
after(() => held.release());

function check(said: string): void {
  const { text: read, whole, ...rest } = JSON.parse(said) as Record<string, unknown>;
  assert.ok(read === text && whole === text, 'the text is not exact');
  assert.deepEqual(rest, expected);
  const [first] = proxy.requests;
  assert.equal(first?.path, '/api/chat/completion/stream');
  const again = proxy.requests.filter(({ headers }) => headers['last-event-id'] !== undefined);
  assert.ok(again.length >= 2, `read on ${again.length} times`);
}

for (const runtime of runtimes) {
  const found = find(runtime);
  test(runtime.name, 'skip' in found ? found : {}, async (t) => {
    if ('skip' in found) return;
    t.diagnostic(found.version);
    const args = [...runtime.args, join(place, 'main.js'), proxy.url, server.prodKey, token];
    const child = spawn(found.program, args, { cwd: place, stdio: ['ignore', 'pipe', 'pipe'] });
    const [said, complained] = await Promise.all([allOf(child.stdout), allOf(child.stderr)]);
    assert.notEqual(said, '', complained);
    check(said);
  });
}

const edge = find(workerd);
test('workerd, as an edge worker', 'skip' in edge ? edge : {}, async (t) => {
  if ('skip' in edge) return;
  t.diagnostic(edge.version);
  const port = await findFreePort();
  await makeWorker(port);
  await using running = startProgram(edge.program, workerd, join(place, 'worker.capnp'));
  check(await running.said(port));
});

/** One module without imports, and the configuration that runs it. */
async function makeWorker(port: number): Promise<void> {
  await build({
    stdin: {
      contents: `import { run } from './program.js';
export default {
  async fetch(_request, { BASE_URL, API_KEY, TOKEN }) {
    return Response.json(await run(BASE_URL, API_KEY, TOKEN));
  },
};`,
      resolveDir: place,
    },
    outfile: join(place, 'worker.js'),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
  });
  await writeFile(
    join(place, 'worker.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "out", network = (allow = ["private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2026-01-01",
  globalOutbound = "out",
  bindings = [
    (name = "BASE_URL", text = "${proxy.url}"),
    (name = "API_KEY", text = "${server.prodKey}"),
    (name = "TOKEN", text = "${token}"),
  ],
);
`,
  );
}

function startProgram(program: string, { args }: Runtime, file: string) {
  const child = spawn(program, [...args, file], { cwd: place, stdio: ['ignore', 'ignore', 'inherit'] });
  const exited = new Promise((resolve) => child.once('close', resolve));
  return {
    async said(port: number): Promise<string> {
      for (;;) {
        const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
        if (response !== undefined) return await response.text();
        assert.equal(child.exitCode, null);
        await sleep(50);
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
