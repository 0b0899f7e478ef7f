/** `colloquy doctor` through proxies with bad habits. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startTestServer } from 'colloquy-testkit/server';
import { startConnectProxy } from 'colloquy-testkit/web/connect-proxy';
import { report } from '../../src/doctor/doctor.ts';
import { type Habit, startProxy } from './proxies.ts';

const launcher = fileURLToPath(new URL('../../bin/colloquy.js', import.meta.url));
const server = await startTestServer();
after(() => server[Symbol.asyncDispose]());

/** Runs the command; gives its exit code, and its verdicts by name. */
async function examineThrough(habit: Habit) {
  await using proxy = await startProxy(server.url, habit);
  let output = '';
  const code = await report({
    url: new URL(proxy.url),
    silenceSeconds: 3,
    write: (text) => {
      output += text;
    },
  });
  const lines = [...output.matchAll(/^(OK|NOTE|BAD) +([a-z ]+?) {2,}(.*)$/gm)];
  const verdicts = Object.fromEntries(lines.map(([, verdict, name]) => [name, verdict]));
  return { code, verdicts, output };
}

const good = {
  'first byte': 'OK',
  buffering: 'OK',
  headers: 'OK',
  resume: 'OK',
  silence: 'OK',
  lifetime: 'OK',
};

describe('doctor', { concurrency: 3 }, () => {
  test('a transparent proxy passes', async () => {
    const { code, verdicts } = await examineThrough({ kind: 'transparent' });
    assert.deepEqual({ code, verdicts }, { code: 0, verdicts: good });
  });

  test('a proxy that buffers is found out, with what to change', async () => {
    const { code, verdicts, output } = await examineThrough({ kind: 'buffers' });
    assert.equal(code, 1);
    assert.equal(verdicts['first byte'], 'BAD');
    assert.equal(verdicts.buffering, 'BAD');
    assert.equal(verdicts.headers, 'OK');
    assert.match(output, /proxy_buffering off/);
  });

  test('a proxy that cuts silence is found out, and after how long', async () => {
    const { code, verdicts, output } = await examineThrough({ kind: 'cuts-silence', afterMs: 1000 });
    assert.equal(code, 1);
    assert.deepEqual(verdicts, { ...good, silence: 'BAD', lifetime: 'NOTE' });
    assert.match(output, /silence is cut off after 1(?:\.\d)? s/);
    assert.match(output, /proxy_read_timeout/);
  });

  test('a proxy that compresses is found out', async () => {
    const { code, verdicts, output } = await examineThrough({ kind: 'compresses' });
    assert.deepEqual({ code, verdicts }, { code: 1, verdicts: { headers: 'BAD' } });
    assert.match(output, /compressed \(gzip\)/);
  });

  test('a proxy that forgets where the client was is found out', async () => {
    const { code, verdicts } = await examineThrough({ kind: 'forgets-cursor' });
    assert.deepEqual({ code, verdicts }, { code: 1, verdicts: { ...good, resume: 'BAD' } });
  });

  test('on the command line', async () => {
    const run = async (...args: string[]) => {
      const child = spawn(process.execPath, [launcher, 'doctor', ...args]);
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (chunk: string) => {
          output += chunk;
        });
      }
      const [code] = await once(child, 'close');
      return { code, output };
    };
    const [fine, nowhere, stranger, ...wrong] = await Promise.all([
      run(server.url, '--silence', '1'),
      run('http://127.0.0.1:9'),
      run(server.upstream.url),
      run(),
      run('chat.example.com'),
      run(server.url, '--silence', 'long'),
      run(server.url, '--loud'),
    ]);
    assert.equal(fine.code, 0, fine.output);
    assert.match(fine.output, /^OK +silence +1 s of silence were not cut off$/m);
    assert.equal(nowhere.code, 2);
    assert.match(nowhere.output, /ECONNREFUSED/);
    assert.equal(stranger.code, 2);
    assert.match(stranger.output, /answers 404, and not as a Colloquy server/);
    assert.deepEqual(
      wrong.map(({ code }) => code),
      [64, 64, 64, 64],
    );
  });
});

test("connections go through the environment's proxy, which is named without its password", async () => {
  await using proxy = await startConnectProxy({ route: () => undefined, credentials: 'ada:sesame-open' });
  const environment = {
    HTTP_PROXY: proxy.url.replace('http://', 'http://ada:sesame-open@'),
    HTTPS_PROXY: proxy.url.replace('http://', 'http://ada:sesame-open@'),
    NO_PROXY: 'inside.test',
  };
  const run = async (address: string, further: Record<string, string> = {}) => {
    const env = { PATH: process.env.PATH, ...environment, ...further };
    const child = spawn(process.execPath, [launcher, 'doctor', address, '--silence', '1'], { env });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
    }
    const [code] = await once(child, 'close');
    return { code, output };
  };
  const outside = await run('https://ada:secret-of-page@outside.test/chat');
  assert.equal(outside.code, 2, outside.output);
  assert.ok(outside.output.includes(`Through the proxy ${proxy.url}`), outside.output);
  assert.match(outside.output, /https:\/\/outside\.test\/chat: the proxy .*502/);
  assert.deepEqual(
    proxy.tunnels.map(({ target }) => target),
    ['outside.test:443'],
  );
  const inside = await run('http://inside.test');
  assert.match(inside.output, /^Without a proxy, as the environment says of inside\.test\./);
  const local = await run(server.url);
  assert.equal(local.code, 0, local.output);
  assert.match(local.output, /^Without a proxy/);
  const wrong = await run(server.url, { HTTP_PROXY: 'socks5://127.0.0.1:1' });
  assert.equal(wrong.code, 78, wrong.output);
  assert.match(wrong.output, /HTTP_PROXY/);
  for (const { output } of [outside, inside, local, wrong]) assert.doesNotMatch(output, /sesame|secret/);
});

test('the probe stream is bounded', async () => {
  const call = async (query: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${server.url}/healthz/stream?${query}`, { headers });
    return { status: response.status, text: await response.text() };
  };
  assert.equal((await call('count=100&interval_ms=2000')).status, 400);
  assert.equal((await call('count=0')).status, 400);
  assert.equal((await call('count=2', { 'last-event-id': 'x' })).status, 400);
  assert.match(
    (await call('count=2', { 'last-event-id': '1' })).text,
    /^data: \{"n":2,"sent_ms":\d+\}\nid: 2\n\n$/,
  );
  assert.equal((await call('count=2&after=2')).text, '');
  // One address has as many as are free.
  const held = await Promise.all(
    Array.from({ length: 40 }, () => fetch(`${server.url}/healthz/stream?count=2&interval_ms=115000`)),
  );
  assert.deepEqual([...new Set(held.map(({ status }) => status))], [200]);
  for (const { body } of held) await body?.cancel();
});
