/** The transport for `useChat`, with the AI SDK's own reader, on a real server behind a proxy that misbehaves. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { readUIMessageStream, type UIMessage } from 'ai';
import { startTestServer, type TestServer } from 'colloquy-testkit/server';
import { answer as scripted } from 'colloquy-testkit/upstream/scripted-upstream';
import { ColloquyChatTransport } from '../src/ai-sdk.ts';
import { Colloquy } from '../src/index.ts';
import { type FlakyProxy, startFlakyProxy } from './flaky-proxy.ts';
import { holding } from './shown.ts';

const text = Array.from({ length: 60 }, (_, n) => `Wort${n} žluťoučký 💡\n`).join('');

let server: TestServer;
let proxy: FlakyProxy;
let colloquy: Colloquy;
let transport: ColloquyChatTransport;
let chats = 0;
before(async () => {
  server = await startTestServer();
  proxy = await startFlakyProxy(() => server.url);
  colloquy = new Colloquy({ baseUrl: proxy.url, apiKey: server.prodKey });
  transport = new ColloquyChatTransport(colloquy);
});
after(async () => {
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
beforeEach(() => {
  proxy.requests.length = 0;
  server.upstream.setDefault(() => scripted(text));
});

const user = (id: string, said: string): UIMessage => ({
  id,
  role: 'user',
  parts: [{ type: 'text', text: said }],
});
const textOf = ({ parts }: UIMessage): string =>
  parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('|');
const newChat = (): string => {
  chats += 1;
  return `chat ${chats}/a`;
};
type Sent = Parameters<ColloquyChatTransport['sendMessages']>[0];

async function read(stream: Awaited<ReturnType<ColloquyChatTransport['sendMessages']>>): Promise<UIMessage> {
  let whole: UIMessage | undefined;
  for await (const message of readUIMessageStream<UIMessage>({ stream, terminateOnError: true }))
    whole = message;
  assert.ok(whole);
  return whole;
}
async function send(chatId: string, messages: UIMessage[], options: Partial<Sent> = {}): Promise<UIMessage> {
  const sent: Sent = {
    chatId,
    messages,
    trigger: 'submit-message',
    messageId: undefined,
    abortSignal: undefined,
    ...options,
  };
  return read(await transport.sendMessages(sent));
}

test('a chat goes on, is edited, answered again, and opened', async () => {
  const chat = newChat();
  assert.deepEqual(await transport.open(chat), []);
  const first = await send(chat, [user('u1', 'One')]);
  assert.equal(textOf(first), text);
  const second = await send(chat, [user('u1', 'One'), first, user('u2', 'Two')]);
  const { messages = [] } = server.upstream.requests.at(-1)?.body ?? {};
  assert.deepEqual(
    messages.map(({ role, content }) => (role === 'system' ? role : content)),
    ['system', 'One', text, 'Two'],
  );
  server.upstream.setDefault(() => scripted('Other'));
  const again = await send(chat, [user('u1', 'One'), first, user('u2', 'Two')], {
    trigger: 'regenerate-message',
    messageId: second.id,
  });
  assert.equal(textOf(again), 'Other');
  assert.notEqual(again.id, second.id);
  await send(chat, [user('u1', 'One'), first, user('u2', 'Two, better')], { messageId: 'u2' });
  const opened = await transport.open(chat);
  assert.deepEqual(opened.map(textOf), ['One', text, 'Two, better', 'Other']);
  assert.deepEqual((await transport.open(chat, { message: second.id })).map(textOf).at(-1), text);
  await assert.rejects(transport.open(chat, { message: 'nobody' }), { code: 'not_found' });
});

test('cut anywhere, it goes on behind the last chunk, and what is lost is answered once', async () => {
  for (const cutAfter of [0, 1, 150, 700, 3333]) {
    proxy.misdeeds.push(
      { swallow: true },
      { cutAfter, splitBy: 7 },
      { status: 502 },
      { cutAfter: 900, splitBy: 1 },
    );
    const before = server.upstream.requests.length;
    assert.equal(textOf(await send(newChat(), [user('u', 'Hello')])), text, `cut after ${cutAfter}`);
    assert.equal(server.upstream.requests.length - before, 1);
  }
});

test('aborting ends the watching; who comes back gets all of it; stop ends the model', async () => {
  const chat = newChat();
  assert.equal(await transport.reconnectToStream({ chatId: chat }), null);
  const held = holding(server);
  const end = new AbortController();
  const seen: string[] = [];
  const stream = await transport.sendMessages({
    chatId: chat,
    messages: [user('u', 'Hello')],
    trigger: 'submit-message',
    messageId: undefined,
    abortSignal: end.signal,
  });
  await assert.rejects(
    async () => {
      for await (const chunk of stream) {
        if (chunk.type === 'text-delta') seen.push(chunk.delta);
        if (seen.length > 0) end.abort(new Error('left'));
      }
    },
    { message: 'left' },
  );
  const resumed = await transport.reconnectToStream({ chatId: chat });
  assert.ok(resumed !== null);
  const reading = read(resumed);
  await transport.stop(chat);
  const stopped = await reading;
  assert.equal(textOf(stopped), 'Half ');
  const { generation_id: id } = stopped.metadata as { readonly generation_id: string };
  assert.equal((await colloquy.generations.get(id)).finishReason, 'cancelled');
  assert.equal(await transport.reconnectToStream({ chatId: chat }), null);
  held.release();
});

test('what the server refuses is thrown before the stream begins', async () => {
  await assert.rejects(send(newChat(), [user('u', ' ')]), { code: 'invalid_request', status: 400 });
  await assert.rejects(
    send(newChat(), [user('u', 'x')], { abortSignal: AbortSignal.abort(new Error('gone')) }),
    {
      message: 'gone',
    },
  );
  assert.equal(proxy.requests.length, 1);
});
