/** Stopping a real process: what it says, what a second signal does, and that a signal to npm reaches it. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openStream } from 'colloquy-testkit/event-stream';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { spawnServer } from 'colloquy-testkit/server-process';
import { makeTenant } from 'colloquy-testkit/tenants';
import { gate, startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));

async function environmentFor(t: TestContext, more: Record<string, string> = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'colloquy-stop-'));
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  return serverEnvironment({ dataDir, databaseUrl: undefined }, more);
}

test('it says what it waits for, and a second signal ends it at once', async (t) => {
  await using upstream = await startScriptedUpstream();
  await using server = await spawnServer(await environmentFor(t, { SHUTDOWN_GRACE_MS: '3600000' }));
  const { prodKey } = await makeTenant(server.url, upstream);
  const held = gate();
  upstream.setDefault(() => ({ steps: [{ do: 'tokens', tokens: ['One'] }, held.step] }));
  const stream = await openStream({
    url: `${server.url}/api/chat/completion/stream`,
    headers: { 'x-api-key': prodKey },
    body: { message: 'Hello' },
  });
  assert.ok(await stream.until(2));
  server.signal('SIGTERM');
  await server.says(/SIGTERM: stopping; waiting up to 3600 s for 1 running answer \(1 open stream\)/);
  await server.says(/^waiting for 1 running answer .*\d+ s at most$/m);
  server.signal('SIGINT');
  assert.equal(await server.exited, 130, server.output());
  assert.match(server.output(), /^SIGINT: ending at once/m);
  held.release();
});

test('with nothing to wait for, it says that it stops, and exits with 0', async (t) => {
  await using server = await spawnServer(await environmentFor(t));
  server.signal('SIGINT');
  assert.equal(await server.exited, 0, server.output());
  assert.match(server.output(), /^SIGINT: stopping$[\s\S]*^stopped$/m);
});

const npm = spawnSync('npm', ['--version'], { encoding: 'utf8' });
const noNpm = process.platform === 'win32' || npm.status !== 0 ? 'there is no npm here' : false;

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`${signal} to the process of npm start stops the server`, { skip: noNpm }, async (t) => {
    const environment = await environmentFor(t);
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn('npm', ['start'], {
      cwd: repository,
      env: { PATH, HOME, npm_config_update_notifier: 'false', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const heard = Promise.withResolvers<number>();
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
      const port = /Colloquy listens on http:\S+:(\d+)/.exec(output)?.[1];
      if (port !== undefined) heard.resolve(Number(port));
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    // The pipes close when the last process that holds them has ended, which is the server.
    const closed = once(child, 'close');
    void closed.then(() => heard.reject(new Error(output)));
    const port = await heard.promise;
    child.kill(signal);
    await closed;
    assert.match(output, /^SIGTERM: stopping$[\s\S]*^stopped$/m);
    const socket = connect(port, '127.0.0.1');
    const [error] = await once(socket, 'error');
    assert.equal((error as NodeJS.ErrnoException).code, 'ECONNREFUSED');
  });
}
