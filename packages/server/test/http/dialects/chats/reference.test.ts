/** Every endpoint of `reference/chat-api.txt`, as the document describes it. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { startTestServer } from 'colloquy-testkit/server';

/** The address of a search server that is down, so that searches fail at once. */
const environment = { SEARXNG_URL: 'http://127.0.0.1:9' };
const app = await startTestServer('sqlite', { environment });

/** The document's words for each endpoint, and the fields of what it answers with. */
const chatFields = ['id', 'name', 'created_at', 'updated_at'];
const conversationFields = [
  ...['id', 'role', 'chat_id', 'message', 'status', 'generation_id', 'created_at', 'updated_at'],
];

/** `URL` and `Method` are quoted; the bodies lack their braces in the document. */
async function call(method: string, url: string, id?: string, bodyWithoutBraces?: string) {
  const response = await fetch(app.url + url.replace('<id>', id ?? ''), {
    method,
    ...(bodyWithoutBraces !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: `{${bodyWithoutBraces}}`,
    }),
  });
  const type = response.headers.get('content-type') ?? '';
  const text = await response.text();
  return {
    status: response.status,
    type,
    text,
    body: type.startsWith('application/json') ? JSON.parse(text) : null,
  };
}

describe("the document's endpoints", () => {
  after(() => app[Symbol.asyncDispose]());

  test('chats: create, get, list, update, delete', async () => {
    const created = await call('POST', '/chats/create', undefined, '"name": "string"');
    assert.equal(created.status, 201);
    assert.match(created.type, /^application\/json/);
    assert.deepEqual(Object.keys(created.body), chatFields);
    const { id } = created.body;
    const got = await call('GET', '/chats/<id>', id);
    assert.equal(got.status, 200);
    assert.deepEqual(got.body, created.body);
    const list = await call('GET', '/chats/');
    assert.equal(list.status, 200);
    assert.deepEqual(list.body, [created.body]);
    const updated = await call(
      'PUT',
      '/chats/update/<id>',
      id,
      '"name": "Chat 1",\n"updated_at": "2023-08-05T14:48:00.000Z"',
    );
    assert.equal(updated.status, 200);
    assert.deepEqual(updated.body, {
      ...created.body,
      name: 'Chat 1',
      updated_at: '2023-08-05T14:48:00.000Z',
    });
    const deleted = await call('DELETE', '/chats/delete/<id>', id);
    assert.equal(deleted.status, 200);
    assert.deepEqual(deleted.body, updated.body);
    assert.equal((await call('GET', '/chats/<id>', id)).status, 404);
  });

  test('conversations: create, inference, inference internet', async () => {
    const chat = await call('POST', '/chats/create', undefined, '"name": "Chat 1"');
    const ask = (message: string) =>
      call(
        'POST',
        '/conversations/create',
        undefined,
        `"chat_id": "${chat.body.id}",\n"role": "Human",\n"message": "${message}"`,
      );
    for (const url of ['/conversations/inference/<id>', '/conversations/inference_internet/<id>']) {
      const created = await ask('How do I make an API key?');
      assert.equal(created.status, 201);
      assert.deepEqual(Object.keys(created.body), conversationFields);
      const answer = await call('GET', url, created.body.id);
      assert.equal(answer.status, 200);
      assert.equal(answer.type, 'text/event-stream; charset=utf-8');
      assert.match(answer.text, /(?:^|\n\n)data: /);
      assert.match(answer.text, /\n\nevent: done\ndata: \{"id":"[0-9a-f-]{36}",.*\}\nid: .*\n\n$/);
    }
    const told = await call(
      'POST',
      '/conversations/create',
      undefined,
      `"chat_id": "${chat.body.id}",\n"role": "Assistant",\n"message": "string"`,
    );
    assert.equal(told.body.role, 'Assistant');
  });
});
