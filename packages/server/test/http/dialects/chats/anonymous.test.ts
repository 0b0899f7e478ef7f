/** The chats dialect as its document describes it: without a credential, on the user's own server. */
import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { after, describe, test } from 'node:test';
import { startTestServer } from 'colloquy-testkit/server';
import { adminKey } from 'colloquy-testkit/tenants';

const app = await startTestServer('sqlite');

interface Answer {
  readonly status: number | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: tests read the fields of answers.
  readonly body: any;
}

/** fetch sets neither Host nor Origin. */
function send(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: object,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const request = httpRequest(app.url + path, { method, headers: { ...type, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = response.headers['content-type']?.startsWith('application/json') === true;
        resolve({ status: response.statusCode, body: isJson ? JSON.parse(text) : text });
      });
    });
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

describe('chats without a credential', () => {
  after(() => app[Symbol.asyncDispose]());

  test('the whole of it works, in organization default', async () => {
    const chat = await send('POST', '/chats/create', {}, { name: 'Mine' });
    assert.equal(chat.status, 201);
    const said = { chat_id: chat.body.id, role: 'Human', message: 'What is Colloquy?' };
    const message = await send('POST', '/conversations/create', {}, said);
    assert.equal(message.status, 201);
    const answer = await send('GET', `/conversations/inference/${message.body.id}`);
    assert.equal(answer.status, 200);
    assert.match(answer.body, /^data: [\s\S]*\n\nevent: done\n/);
    const list = await send('GET', `/conversations/?chat_id=${chat.body.id}`);
    assert.deepEqual(
      list.body.map(({ role }: { role: string }) => role),
      ['Human', 'Assistant'],
    );
    assert.equal((await send('GET', '/chats/')).body.length, 1);
    // A key of another organization does not see the chat.
    const key = { 'x-api-key': app.prodKey };
    assert.deepEqual((await send('GET', '/chats/', key)).body, []);
    assert.equal((await send('GET', `/chats/${chat.body.id}`, key)).status, 404);
    assert.equal((await send('DELETE', `/chats/delete/${chat.body.id}`)).status, 200);
  });

  test('a bad credential is 401, never none', async () => {
    const bad: [path: string, headers: Record<string, string>][] = [
      ['/chats/', { 'x-api-key': 'sk_prod_nonsense' }],
      ['/chats/', { 'x-api-key': '' }],
      ['/chats/', { authorization: 'Bearer nonsense' }],
      ['/chats/', { authorization: 'Basic YTpi' }],
      ['/chats/?access_token=nonsense', {}],
      ['/chats/?access_token=', {}],
      ['/chats/?access_token=a&access_token=b', {}],
      [`/chats/?access_token=${app.prodKey}`, {}],
    ];
    for (const [path, headers] of bad) {
      const { status, body } = await send('GET', path, headers);
      assert.deepEqual([status, body.code], [401, 'unauthenticated'], `${path} ${JSON.stringify(headers)}`);
    }
  });

  test('only for the host itself and its own pages', async () => {
    const { host, port } = new URL(app.url);
    for (const name of [host, 'localhost', `localhost:${port}`, '127.1.2.3:1', '[::1]', `[::1]:${port}`]) {
      assert.equal((await send('GET', '/chats/', { host: name })).status, 200, name);
      const own = { host: name, origin: `http://${name}` };
      assert.equal((await send('GET', '/chats/', own)).status, 200, name);
      assert.equal((await send('POST', '/chats/create', own, { name: 'x' })).status, 201, name);
    }
    for (const name of [
      'evil.example',
      `evil.example:${port}`,
      '128.0.0.1',
      '[::2]',
      'localhost.evil.example',
    ]) {
      const { status, body } = await send('GET', '/chats/', { host: name });
      assert.deepEqual([status, body.code], [403, 'forbidden'], name);
    }
    for (const origin of [
      'https://evil.example',
      'null',
      'http://localhost:1',
      `http://localhost:${port}`,
      'http://127.0.0.1',
    ]) {
      for (const [method, path, body] of [
        ['GET', '/chats/', undefined],
        ['POST', '/chats/create', { name: 'x' }],
      ] as const) {
        assert.equal((await send(method, path, { host, origin }, body)).status, 403, `${method} ${origin}`);
      }
    }
    // With a credential neither header is checked.
    const credential = { 'x-api-key': app.prodKey, host: 'chat.example', origin: 'https://app.example' };
    assert.equal((await send('GET', '/chats/', credential)).status, 200);
  });

  test('once the organization is deleted, they are 401', async () => {
    const admin = { authorization: `Bearer ${adminKey}` };
    const organizations = await send('GET', '/api/admin/organizations', admin);
    const mine = organizations.body.data.find(({ name }: { name: string }) => name === 'default');
    assert.equal((await send('DELETE', `/api/admin/organizations/${mine.id}`, admin)).status, 200);
    for (const [method, path, body] of [
      ['GET', '/chats/', undefined],
      ['POST', '/chats/create', { name: 'x' }],
    ] as const) {
      const answer = await send(method, path, {}, body);
      assert.deepEqual([answer.status, answer.body.code], [401, 'unauthenticated'], path);
    }
  });
});
