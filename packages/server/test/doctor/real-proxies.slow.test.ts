/** The configurations of `docs/operations.md` in the real nginx and Caddy, if the machine has them. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStream, tokensOf } from 'colloquy-testkit/event-stream';
import { findFreePort } from 'colloquy-testkit/free-port';
import { startTestServer } from 'colloquy-testkit/server';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { report } from '../../src/doctor/doctor.ts';

const page = await readFile(new URL('../../../../docs/operations.md', import.meta.url), 'utf8');
const server = await startTestServer();
const directory = await mkdtemp(join(tmpdir(), 'colloquy-proxies-'));
after(async () => {
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** The page's block of code in a language, with the address of this test's server. */
function snippet(language: string): string {
  const [, code = ''] = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(page) ?? [];
  assert.match(code, /127\.0\.0\.1:8080/, 'the page has the configuration');
  return code
    .replaceAll('127.0.0.1:8080', new URL(server.url).host)
    .replaceAll(/\/var\/log\/\w+/g, directory);
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** What a request gets for an answer until the connection ends; an answer of 400 by the proxy itself counts as none. */
async function rawAnswer(port: number, request: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    answer += chunk;
  });
  socket.on('error', () => undefined);
  socket.write(request);
  await once(socket, 'close');
  return /^HTTP\/1\.\d 400 /.test(answer) ? '' : answer;
}

interface Proxy {
  readonly name: string;
  readonly command: (port: number) => Promise<readonly string[]>;
}

const proxies: readonly Proxy[] = [
  {
    name: 'nginx',
    async command(port) {
      const path = join(directory, 'nginx.conf');
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
      await writeFile(
        path,
        `daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} pid ${directory}/nginx.pid; error_log stderr; events {}
         http { access_log off; ${temporary.map((name) => `${name}_temp_path ${directory}/${name};`).join(' ')}
         ${snippet('nginx').replaceAll('listen 80', `listen 127.0.0.1:${port}`).replace('chat.example.com', '127.0.0.1')} }`,
      );
      return ['nginx', '-p', directory, '-c', path, '-e', 'stderr'];
    },
  },
  {
    name: 'caddy',
    async command(port) {
      const path = join(directory, 'Caddyfile');
      await writeFile(
        path,
        `{\n\tadmin off\n\tauto_https off\n}\n${snippet('caddyfile').replace('http:// {', `http://:${port} {`).replace('chat.example.com', `http://127.0.0.1:${port}`)}`,
      );
      return ['caddy', 'run', '--config', path, '--adapter', 'caddyfile'];
    },
  },
];

for (const { name, command } of proxies) {
  const isThere = spawnSync(name, ['-h']).error === undefined;
  describe(`behind ${name}`, { skip: !isThere && `${name} is not installed` }, async () => {
    if (!isThere) return;
    const port = await findFreePort();
    const [file = '', ...args] = await command(port);
    const child = spawn(file, args, {
      env: { ...process.env, HOME: directory },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    const exited = once(child, 'exit');
    after(async () => {
      child.kill('SIGTERM');
      await exited;
    });
    while (!(await isListening(port))) {
      assert.equal(child.exitCode, null, output);
      await sleep(20);
    }
    const url = `http://127.0.0.1:${port}`;

    test('doctor finds nothing wrong', async () => {
      let output = '';
      const code = await report({
        url: new URL(url),
        silenceSeconds: 5,
        write: (text) => {
          output += text;
        },
      });
      assert.equal(code, 0, output);
      assert.equal(output.match(/^OK /gm)?.length, 6, output);
    });

    test('an answer streams through it, and resumes', async () => {
      const tokens = Array.from({ length: 20 }, (_, index) => ` w${index}`);
      server.upstream.script('scripted', answer(tokens.join(''), { tokens, intervalMs: 20 }));
      const headers = { 'x-api-key': server.prodKey };
      const first = await openStream({
        url: `${url}/api/chat/completion/stream`,
        headers,
        body: { message: 'Hello' },
      });
      assert.equal(first.status, 200);
      assert.ok(await first.until(3));
      first.destroy();
      const resumed = await openStream({
        url: `${url}${first.headers['content-location']}`,
        headers: { ...headers, 'last-event-id': first.frames.at(-1)?.id ?? '' },
      });
      assert.equal(await resumed.closed, 'ended');
      assert.equal(tokensOf([...first.frames, ...resumed.frames]), tokens.join(''));
    });

    test('what the proxy must not open stays closed', async () => {
      const metrics = await fetch(`${url}/metrics`);
      assert.equal(metrics.status, 404);
      const body = { name: 'x' };
      for (const [path, more] of [
        ['/chats/', {}],
        ['/chats/create', { body }],
      ] as const) {
        const anonymous = await openStream({ url: `${url}${path}`, ...more });
        await anonymous.closed;
        assert.equal(anonymous.status, 401);
      }
    });

    test('whoever asks for another host gets no answer, this machine included', async () => {
      for (const request of [
        'GET /chats/ HTTP/1.1\r\nHost: localhost\r\n\r\n',
        'GET /chats/ HTTP/1.1\r\nHost: evil.example\r\n\r\n',
        'GET /chats/ HTTP/1.0\r\n\r\n',
        `GET http://localhost/chats/ HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`,
        'POST /chats/create HTTP/1.1\r\nHost: [::1]\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{"name":"x"}',
      ]) {
        assert.equal(await rawAnswer(port, request), '', request);
      }
    });

    test('a message of 3 MiB goes through', async () => {
      const { status } = await fetch(`${url}/api/chat/completion`, {
        method: 'POST',
        headers: { 'x-api-key': server.prodKey, 'content-type': 'application/json' },
        body: JSON.stringify({ message: 'x'.repeat(3 * 2 ** 20) }),
      });
      // The server's own bound of a message, and not the proxy's of a body.
      assert.equal(status, 400);
    });

    test('no token and no key stands in its access log', async () => {
      await fetch(`${url}/chats/?access_token=a-secret-token`, {
        headers: { 'x-api-key': 'sk_prod_a-secret-key' },
      });
      const path = join(directory, 'colloquy.log');
      let log = '';
      while (!log.includes('/chats/')) {
        log = await readFile(path, 'utf8').catch(() => '');
        await sleep(20);
      }
      assert.doesNotMatch(log, /a-secret-token|a-secret-key/);
      await rm(path);
    });
  });
}
