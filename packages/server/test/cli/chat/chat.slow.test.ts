/** `colloquy chat`: a message through a pipe, a person at a terminal, an answer that outlives its connection. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startTestServer, type TestServer } from 'colloquy-testkit/server';
import { spawnServer } from 'colloquy-testkit/server-process';
import { answer, gate } from 'colloquy-testkit/upstream/scripted-upstream';
import { colloquy, launcher } from '../colloquy.ts';

const page = fileURLToPath(new URL('../../../../../docs/cli.md', import.meta.url));
const noScript =
  !spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') &&
  'there is no script of util-linux, which makes terminals';

let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server[Symbol.asyncDispose]());

const at = (url: string): string[] => ['chat', '--url', url, '--key', server.prodKey];
const talk = (...more: string[]): string[] => [...at(server.url), '--persona', 'helper', ...more];

test('through a pipe: the answer alone, without what a terminal obeys', async () => {
  server.upstream.enqueue(answer('Hello \u001b[31mthere'));
  const ran = await colloquy(talk(), { input: 'Hi\n' });
  assert.deepEqual(ran, { status: 0, stdout: 'Hello �[31mthere\n', stderr: '' });
  assert.equal(server.upstream.requests.at(-1)?.lastUserMessage, 'Hi');
});

test('what the server refuses, and a server that is not there, are told in a sentence', async () => {
  const [persona, key, nowhere, empty] = await Promise.all([
    colloquy([...at(server.url), '--persona', 'nobody'], { input: 'Hi' }),
    colloquy(['chat', '--url', server.url, '--key', 'sk_prod_wrong'], { input: 'Hi' }),
    colloquy(['chat'], { input: 'Hi', env: { DATA_DIR: '/nonexistent/data' } }),
    colloquy(talk(), { input: '\n' }),
  ]);
  assert.deepEqual([persona.status, persona.stdout, persona.stderr], [1, '', 'persona not found\n']);
  assert.deepEqual([key.status, key.stdout], [1, '']);
  assert.match(nowhere.stderr, /^no server runs on \/nonexistent\/data; start one with colloquy start/);
  assert.equal(empty.status, 64);
});

test('an answer goes on behind a cut connection, and is asked for once', async () => {
  const target = new URL(server.url);
  const wait = gate();
  const words = ['One', ' two', ' three', ' four'];
  server.upstream.enqueue({
    steps: [
      { do: 'tokens', tokens: words.slice(0, 2) },
      wait.step,
      ...(answer('', { tokens: words.slice(2) }).steps ?? []),
    ],
  });
  const sockets: Socket[] = [];
  const proxy = createServer((socket) => {
    const onward = connect(Number(target.port), target.hostname);
    sockets.push(socket, onward);
    for (const one of [socket, onward]) one.on('error', () => undefined);
    socket.pipe(onward).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as { port: number };
  const before = server.upstream.requests.length;
  const child = spawnChat([launcher, ...at(`http://127.0.0.1:${port}`), '--persona', 'helper']);
  child.stdin?.end('Count');
  let stdout = '';
  for await (const chunk of child.stdout ?? []) {
    stdout += chunk;
    if (stdout !== 'One two') continue;
    for (const socket of sockets) socket.destroy();
    wait.release();
  }
  proxy.close();
  assert.equal(stdout, 'One two three four\n');
  assert.equal(server.upstream.requests.length, before + 1);
});

test('at a terminal: several lines, a history, Ctrl-C that stops the answer on the server', {
  skip: noScript,
}, async () => {
  server.upstream.enqueue(answer('First answer'), {
    steps: [{ do: 'tokens', tokens: ['Second'] }, { do: 'stall' }],
  });
  const command = [process.execPath, launcher, ...talk()].map((word) => `'${word}'`).join(' ');
  const child = spawnChat(['-qec', command, '/dev/null'], 'script');
  let screen = '';
  child.stdout?.on('data', (chunk) => {
    screen += chunk;
  });
  const shows = async (text: string): Promise<void> => {
    while (!screen.includes(text)) await once(child.stdout as NodeJS.ReadableStream, 'data');
  };
  const type = (text: string): void => void child.stdin?.write(text);
  await shows('> ');
  type('Hello\\\rthere\r');
  await shows('First answer');
  assert.equal(server.upstream.requests.at(-1)?.lastUserMessage, 'Hello\nthere');
  type('/history\r');
  await shows('Hello\r\nthere');
  type('Again\r');
  await shows('Second');
  type('\u0003');
  await shows('(cancelled)');
  type('\u0003');
  const [status] = await once(child, 'exit');
  assert.equal(status, 0);
  assert.match(screen, /To go on: colloquy chat --conversation [0-9a-f-]{36}/);
  const [, conversation = ''] = /--conversation ([0-9a-f-]{36})/.exec(screen) ?? [];
  server.upstream.enqueue(answer('Third'));
  const more = await colloquy([...at(server.url), '--conversation', conversation], { input: 'More' });
  assert.equal(more.stdout, 'Third\n');
  const messages = JSON.stringify(server.upstream.requests.at(-1)?.body);
  assert.ok(messages.includes('First answer'));
});

test('the transcript of the page: from a start to an answer in the terminal', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'colloquy-chat-'));
  try {
    const [, block = ''] = /```console\n(\$ npm start[\s\S]*?)```/.exec(await readFile(page, 'utf8')) ?? [];
    const commands = [...block.matchAll(/^\$ (.*)$/gm)].map(([, line = '']) => line);
    assert.deepEqual(commands[0], 'npm start &');
    const env = {
      DATA_DIR: join(directory, 'data'),
      COLLOQUY_LOCAL_MODEL: 'off',
      HOST: '127.0.0.1',
      PORT: '0',
    };
    await using started = await spawnServer(env);
    assert.match(started.output(), /Colloquy listens on/);
    const script = `colloquy() { '${process.execPath}' '${launcher}' "$@"; }\n${commands.slice(1).join('\n')}`;
    const shell = spawn('bash', ['-euc', script], { env: { PATH: process.env.PATH, ...env } });
    let stdout = '';
    shell.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    const [status] = await once(shell, 'close');
    assert.equal(status, 0);
    assert.match(stdout, /I am the guide/);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

function spawnChat(args: readonly string[], program = process.execPath): ChildProcess {
  return spawn(program, args, {
    env: { PATH: process.env.PATH, TERM: 'dumb', NO_COLOR: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}
