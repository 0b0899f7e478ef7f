/** The token endpoints of docs/widget.md, as they stand there, against the real server. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { startTestServer, type TestServer } from 'colloquy-testkit/server';

const page = await readFile(new URL('../../../docs/widget.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
const blockWith = (words: string): string => {
  const found = blocks.find((code) => code.includes(words));
  assert.ok(found, `docs/widget.md has no block with ${words}`);
  return found;
};

let server: TestServer;
before(async () => {
  server = await startTestServer();
  process.env.COLLOQUY_URL = server.url;
  process.env.COLLOQUY_KEY = server.prodKey;
});
after(() => server[Symbol.asyncDispose]());

const sessionsOf = (token: string) =>
  fetch(`${server.url}/api/chat/sessions`, { headers: { Authorization: `Bearer ${token}` } });

test('Next.js: a guest gets a token, and the same one keeps being the same guest', async () => {
  const { POST } = (await import(
    `data:text/javascript,${encodeURIComponent(blockWith('function POST'))}`
  )) as {
    POST(request: Request): Promise<Response>;
  };
  const first = await POST(new Request('https://shop.example/api/chat-token', { method: 'POST' }));
  assert.deepEqual([first.status, first.headers.get('cache-control')], [200, 'no-store']);
  const cookie = first.headers.get('set-cookie') ?? '';
  assert.match(cookie, /^guest=[\w-]{36}; .*HttpOnly; Secure; SameSite=Lax$/);
  const { token, expires_at: end } = (await first.json()) as { token: string; expires_at: number };
  assert.ok(end > Date.now() / 1000);
  assert.equal((await sessionsOf(token)).status, 200);
  const headers = { cookie: `a=b; ${cookie.split(';')[0]}` };
  const second = await POST(new Request('https://shop.example/api/chat-token', { method: 'POST', headers }));
  assert.equal(second.headers.get('set-cookie'), cookie);
});

test('Express: the signed-in user gets a token', async () => {
  const answered: { status?: number; header?: readonly string[]; body?: { token: string } } = {};
  const response = {
    status: (status: number) => Object.assign(response, Object.assign(answered, { status }) && {}),
    set: (...header: string[]) => Object.assign(response, Object.assign(answered, { header }) && {}),
    json: (body: { token: string }) => void Object.assign(answered, { body }),
  };
  let handle: (request: unknown, response: unknown) => Promise<void> = async () => {};
  const app = {
    post(_path: string, handler: typeof handle) {
      handle = handler;
    },
  };
  // The persona of the page is one of the reader's own.
  const code = blockWith('app.post').replace(", persona: 'support'", '');
  new Function('app', 'fetch', 'process', code)(app, fetch, process);
  await handle({ user: { id: 'u-1' } }, response);
  assert.deepEqual([answered.status, answered.header], [200, ['Cache-Control', 'no-store']]);
  assert.equal((await sessionsOf(answered.body?.token ?? '')).status, 200);
});
