/** A server below a path, behind the real nginx, with the configuration of `docs/operations.md`. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStream } from 'colloquy-testkit/event-stream';
import { findFreePort } from 'colloquy-testkit/free-port';
import { startTestServer } from 'colloquy-testkit/server';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';

const page = await readFile(new URL('../../../../../docs/operations.md', import.meta.url), 'utf8');
const isThere = spawnSync('nginx', ['-h']).error === undefined;

/** Starts nginx with this `location` of the page; resolves once it answers. */
async function startNginx(directory: string, upstream: string): Promise<AsyncDisposable & { url: string }> {
  const [, location = ''] = /```nginx\n(location [^`]*X-Forwarded-Prefix[^`]*)```/.exec(page) ?? [];
  assert.match(location, /127\.0\.0\.1:8080/, 'the page has the configuration');
  const port = await findFreePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const path = join(directory, 'nginx.conf');
  await writeFile(
    path,
    `daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} pid ${directory}/nginx.pid; error_log stderr; events {}
     http { access_log off; ${temporary.map((name) => `${name}_temp_path ${directory}/${name};`).join(' ')}
     server { listen 127.0.0.1:${port}; ${location.replaceAll('127.0.0.1:8080', upstream)} } }`,
  );
  const child = spawn('nginx', ['-p', directory, '-c', path, '-e', 'stderr'], { stdio: 'inherit' });
  const exited = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  while (
    !(await fetch(url).then(
      (response) => response.body?.cancel().then(() => true),
      () => false,
    ))
  ) {
    assert.equal(child.exitCode, null, 'nginx runs');
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

test('an answer and the documentation work below a path', {
  skip: !isThere && 'nginx is not installed',
}, async () => {
  const environment = { TRUSTED_PROXIES: '127.0.0.0/8' };
  await using server = await startTestServer('sqlite', { environment });
  const directory = await mkdtemp(join(tmpdir(), 'colloquy-base-path-'));
  {
    await using nginx = await startNginx(directory, new URL(server.url).host);
    server.upstream.enqueue(answer('below a path'));
    const headers = { 'x-api-key': server.prodKey };
    const first = await openStream({
      url: `${nginx.url}/chat/api/chat/completion/stream`,
      headers,
      body: { message: 'Hello' },
    });
    await first.closed;
    const location = first.headers['content-location'] ?? '';
    assert.match(location, /^\/chat\/api\/generations\//);
    const again = await openStream({ url: nginx.url + location, headers });
    await again.closed;
    assert.equal(again.body(), first.body());

    const address = `${nginx.url}/chat/docs/`;
    const documentation = await fetch(address);
    assert.equal(documentation.url, `${nginx.url}/chat/docs`);
    const html = await documentation.text();
    for (const [, relative = ''] of html.matchAll(/src="([^"]+)"/g)) {
      const script = await fetch(new URL(relative, documentation.url));
      assert.equal(script.status, 200, relative);
      assert.match(script.headers.get('content-type') ?? '', /javascript/);
      await script.body?.cancel();
    }
    const document = await fetch(`${nginx.url}/chat/docs/openapi.json`);
    assert.deepEqual(((await document.json()) as { servers: unknown }).servers, [{ url: '/chat' }]);
  }
  await rm(directory, { recursive: true, force: true });
});
