/** The AI SDK's own transport and reader, unmodified, on a real server: what `useChat` does. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { DefaultChatTransport, readUIMessageStream, type UIMessage } from 'ai';
import { startTestServer, type TestServer } from 'colloquy-testkit/server';
import { answer, gate } from 'colloquy-testkit/upstream/scripted-upstream';

let server: TestServer;
let transport: DefaultChatTransport<UIMessage>;
let chats = 0;
before(async () => {
  server = await startTestServer();
  transport = transportOf(server.prodKey);
});
after(() => server[Symbol.asyncDispose]());
beforeEach(() => server.upstream.setDefault(() => answer('It is sunny.')));

function transportOf(key: string): DefaultChatTransport<UIMessage> {
  return new DefaultChatTransport({ api: `${server.url}/api/ui/chat`, headers: { 'x-api-key': key } });
}

const user = (id: string, text: string): UIMessage => ({ id, role: 'user', parts: [{ type: 'text', text }] });
const newChat = (): string => {
  chats += 1;
  return `chat ${chats}/a`;
};
const textOf = ({ parts }: UIMessage): string =>
  parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('|');

interface Options {
  readonly trigger?: 'submit-message' | 'regenerate-message';
  readonly messageId?: string;
  readonly through?: DefaultChatTransport<UIMessage>;
  readonly body?: object;
}

async function send(chatId: string, messages: UIMessage[], options: Options = {}): Promise<UIMessage> {
  const { trigger = 'submit-message', messageId, through = transport, body } = options;
  const last = messages.at(-1);
  const stream = await through.sendMessages({
    chatId,
    messages,
    trigger,
    messageId,
    abortSignal: undefined,
    ...(body !== undefined && { body }),
  });
  let whole: UIMessage | undefined;
  const goesOn = last?.role === 'assistant' && trigger === 'submit-message';
  for await (const message of readUIMessageStream<UIMessage>({
    stream,
    terminateOnError: true,
    ...(goesOn && { message: structuredClone(last) }),
  }))
    whole = message;
  assert.ok(whole);
  return whole;
}

function asked(index = -1): { role: string; content: unknown }[] {
  const { messages = [] } = server.upstream.requests.at(index)?.body ?? {};
  return messages.filter(({ role }) => role !== 'system').map(({ role, content }) => ({ role, content }));
}

async function get<T>(path: string): Promise<T> {
  const response = await fetch(server.url + path, { headers: { 'x-api-key': server.prodKey } });
  assert.ok(response.ok, `${path}: ${response.status}`);
  return (await response.json()) as T;
}

interface Metadata {
  readonly generation_id: string;
  readonly conversation_id: string;
  readonly session_id: string;
  readonly user_message_id: string;
  readonly finish_reason?: string;
  readonly usage?: { readonly total_tokens: number };
}
const metadataOf = ({ metadata }: UIMessage): Metadata => metadata as Metadata;

describe('useChat', () => {
  test('a chat of two messages is one conversation of every dialect', async () => {
    const chat = newChat();
    const first = await send(chat, [user('u1', 'How is it?')]);
    assert.equal(textOf(first), 'It is sunny.');
    assert.equal(first.role, 'assistant');
    const { conversation_id, finish_reason, usage } = metadataOf(first);
    assert.deepEqual([finish_reason, typeof usage?.total_tokens], ['stop', 'number']);
    const second = await send(chat, [user('u1', 'How is it?'), first, user('u2', 'And then?')]);
    assert.equal(metadataOf(second).conversation_id, conversation_id);
    assert.deepEqual(asked(), [
      { role: 'user', content: 'How is it?' },
      { role: 'assistant', content: 'It is sunny.' },
      { role: 'user', content: 'And then?' },
    ]);
    const messages = await get<{ message: string }[]>(`/conversations/?chat_id=${conversation_id}`);
    assert.deepEqual(
      messages.map(({ message }) => message),
      ['How is it?', 'It is sunny.', 'And then?', 'It is sunny.'],
    );
    // The conversation opens by its own id, too.
    const third = await send(conversation_id, [user('u3', 'Again?')]);
    assert.equal(metadataOf(third).conversation_id, conversation_id);
  });

  test('a message that is sent again is answered once', async () => {
    const chat = newChat();
    const before = server.upstream.requests.length;
    const [one, two] = [await send(chat, [user('u1', 'Hello')]), await send(chat, [user('u1', 'Hello')])];
    assert.equal(one.id, two.id);
    assert.deepEqual(two.parts, one.parts);
    assert.equal(server.upstream.requests.length - before, 1);
  });

  test('two requests that begin one chat at once are one conversation', async () => {
    const chat = newChat();
    const all = await Promise.all(
      ['a', 'b', 'c'].map((id) => send(chat, [user(id, id)], { body: { when_busy: 'queue' } })),
    );
    assert.equal(new Set(all.map((one) => metadataOf(one).conversation_id)).size, 1);
  });

  test('a stale tab branches off what its user saw', async () => {
    const chat = newChat();
    const first = await send(chat, [user('u1', 'One')]);
    await send(chat, [user('u1', 'One'), first, user('u2', 'Two')]);
    await send(chat, [user('u1', 'One'), first, user('u3', 'Three')]);
    assert.deepEqual(
      asked().map(({ content }) => content),
      ['One', 'It is sunny.', 'Three'],
    );
  });

  test('an edit is a sibling, and the old branch stays', async () => {
    const chat = newChat();
    const first = await send(chat, [user('u1', 'One')]);
    const second = await send(chat, [user('u1', 'One'), first, user('u2', 'Two')]);
    const edited = await send(chat, [user('u1', 'One'), first, user('u2', 'Two, better')], {
      messageId: 'u2',
    });
    assert.notEqual(edited.id, second.id);
    assert.deepEqual(
      asked().map(({ content }) => content),
      ['One', 'It is sunny.', 'Two, better'],
    );
    const { conversation_id } = metadataOf(edited);
    const all = await get<unknown[]>(`/conversations/?chat_id=${conversation_id}`);
    assert.equal(all.length, 6);
    await send(chat, [user('u1', 'One, better')], { messageId: 'u1' });
    assert.deepEqual(
      asked().map(({ content }) => content),
      ['One, better'],
    );
  });

  test('regenerate answers the question again, named or not', async () => {
    const chat = newChat();
    const first = await send(chat, [user('u1', 'One')]);
    server.upstream.setDefault(() => answer('It rains.'));
    const again = await send(chat, [user('u1', 'One')], {
      trigger: 'regenerate-message',
      messageId: first.id,
    });
    assert.equal(textOf(again), 'It rains.');
    assert.notEqual(again.id, first.id);
    const third = await send(chat, [user('u1', 'One')], { trigger: 'regenerate-message' });
    assert.equal(metadataOf(third).user_message_id, metadataOf(first).user_message_id);
    // A question that never arrived is sent.
    const other = newChat();
    assert.equal(
      textOf(await send(other, [user('u9', 'New')], { trigger: 'regenerate-message' })),
      'It rains.',
    );
    await assert.rejects(
      send(chat, [user('u1', 'One')], { trigger: 'regenerate-message', messageId: 'nobody' }),
      /not found/i,
    );
  });

  test('reasoning and tools are parts, and results make the answer go on under its id', async () => {
    const chat = newChat();
    server.upstream.enqueue({
      steps: [
        { do: 'headers' },
        { do: 'tokens', tokens: ['Let me', ' see.'], reasoning: true },
        { do: 'tool-call', id: 'x', name: 'get_weather', arguments: '{"city":"Lisbon"}' },
        { do: 'finish', reason: 'tool_calls' },
        { do: 'end' },
      ],
    });
    const first = await send(chat, [user('u1', 'Weather?')]);
    assert.deepEqual(
      first.parts.map(({ type }) => type),
      ['step-start', 'reasoning', 'dynamic-tool'],
    );
    const call = first.parts.at(-1);
    assert.ok(call?.type === 'dynamic-tool' && call.state === 'input-available');
    assert.deepEqual(call.input, { city: 'Lisbon' });
    assert.match(call.toolCallId, /^call_[0-9a-f]{34}$/);
    await assert.rejects(send(chat, [user('u1', 'Weather?'), first]), /results/);
    const answered: UIMessage = {
      ...first,
      parts: first.parts.map((part) =>
        part === call ? { ...call, state: 'output-available', output: { sky: 'blue' } } : part,
      ),
    };
    const whole = await send(chat, [user('u1', 'Weather?'), answered]);
    assert.equal(whole.id, first.id);
    assert.equal(textOf(whole), 'It is sunny.');
    assert.deepEqual(asked().at(-1), { role: 'tool', content: '{"sky":"blue"}' });
    // What comes next goes behind the last step.
    await send(chat, [user('u1', 'Weather?'), whole, user('u2', 'Thanks')]);
    assert.deepEqual(
      asked().map(({ role }) => role),
      ['user', 'assistant', 'tool', 'assistant', 'user'],
    );
  });

  test('a chat that is opened again has the messages that were streamed', async () => {
    const chat = newChat();
    const open = (query = '') => get<UIMessage[]>(`/api/ui/chat/${encodeURIComponent(chat)}${query}`);
    const first = await send(chat, [user('u1', 'One')]);
    server.upstream.enqueue({
      steps: [
        { do: 'headers' },
        { do: 'tokens', tokens: ['Hm.'], reasoning: true },
        { do: 'tool-call', id: 'x', name: 'look', arguments: '{"at":1}' },
        { do: 'finish', reason: 'tool_calls' },
        { do: 'end' },
      ],
    });
    const asking = await send(chat, [user('u1', 'One'), first, user('u2', 'Two')]);
    const answered: UIMessage = {
      ...asking,
      parts: asking.parts.map((part) =>
        part.type === 'dynamic-tool' ? { ...part, state: 'output-available', output: [1] } : part,
      ) as UIMessage['parts'],
    };
    const whole = await send(chat, [user('u1', 'One'), first, user('u2', 'Two'), answered]);
    const opened = await open();
    assert.deepEqual(
      opened.map(({ id, role }) => [id, role]),
      [
        ['u1', 'user'],
        [first.id, 'assistant'],
        ['u2', 'user'],
        [whole.id, 'assistant'],
      ],
    );
    assert.deepEqual(opened[1]?.parts, JSON.parse(JSON.stringify(first.parts)));
    assert.deepEqual(
      opened[3]?.parts.map((part) => ('state' in part ? [part.type, part.state] : [part.type])),
      [
        ['step-start'],
        ['reasoning', 'done'],
        ['dynamic-tool', 'output-available'],
        ['step-start'],
        ['text', 'done'],
      ],
    );
    assert.equal(metadataOf(opened[3] as UIMessage).finish_reason, 'stop');
    assert.deepEqual(
      (await open('?limit=2')).map(({ id }) => id),
      ['u2', whole.id],
    );
    // An opened chat goes on as one that was never closed, and its branches are there.
    await send(chat, [...opened, user('u3', 'Three')]);
    await send(chat, [user('u1', 'One'), first, user('u2', 'Two, better')], { messageId: 'u2' });
    const edited = await open();
    assert.equal(edited.length, 4);
    const { alternatives = [] } = (edited[2]?.metadata ?? {}) as { alternatives?: string[] };
    assert.equal(alternatives.length, 2);
    assert.equal((await open(`?message=${alternatives[0]}`)).length, 6);
    assert.equal(
      (await fetch(`${server.url}/api/ui/chat/nothing`, { headers: { 'x-api-key': server.prodKey } })).status,
      404,
    );
  });

  test('an image goes to the model, other files and empty messages are refused', async () => {
    const chat = newChat();
    const png = 'data:image/png;base64,iVBORw0KGgo=';
    await send(chat, [
      {
        id: 'u1',
        role: 'user',
        parts: [
          { type: 'text', text: 'What is it?' },
          { type: 'file', mediaType: 'image/png', url: png },
          { type: 'data-note', data: { dropped: true } },
        ],
      },
    ]);
    assert.match(JSON.stringify(asked().at(-1)), /image_url.*iVBORw0KGgo=/);
    for (const [message, wrong] of [
      [
        {
          id: 'a',
          role: 'user',
          parts: [{ type: 'file', mediaType: 'application/pdf', url: 'https://a.example/x' }],
        },
        /mediaType/,
      ],
      [{ id: 'b', role: 'user', parts: [{ type: 'text', text: ' ' }] }, /parts/],
      [{ id: 'c', role: 'system', parts: [{ type: 'text', text: 'x' }] }, /role/],
      [
        {
          id: 'd',
          role: 'user',
          parts: [{ type: 'file', mediaType: 'image/png', url: 'http://a.example/x' }],
        },
        /url/,
      ],
    ] as [UIMessage, RegExp][])
      await assert.rejects(send(newChat(), [message]), wrong);
  });

  test('a chat that is left is resumed from its start, stopped, and known to be over', async () => {
    const chat = newChat();
    const held = gate();
    server.upstream.setDefault(() => ({
      steps: [
        { do: 'headers' },
        { do: 'tokens', tokens: ['Half ', 'of '] },
        held.step,
        { do: 'finish' },
        { do: 'end' },
      ],
    }));
    const leaving = new AbortController();
    const stream = await transport.sendMessages({
      chatId: chat,
      messages: [user('u1', 'Hello')],
      trigger: 'submit-message',
      messageId: undefined,
      abortSignal: leaving.signal,
    });
    for await (const chunk of stream) if (chunk.type === 'text-delta') break;
    leaving.abort();
    const resumed = await transport.reconnectToStream({ chatId: chat });
    assert.ok(resumed);
    const stopped = await fetch(`${server.url}/api/ui/chat/${encodeURIComponent(chat)}/stop`, {
      method: 'POST',
      headers: { 'x-api-key': server.prodKey },
    });
    assert.equal(((await stopped.json()) as { status: string }).status, 'cancelled');
    const types: string[] = [];
    for await (const chunk of resumed) types.push(chunk.type);
    assert.deepEqual([types[0], types.at(-1)], ['start', 'abort']);
    assert.equal(await transport.reconnectToStream({ chatId: chat }), null);
    assert.equal(await transport.reconnectToStream({ chatId: 'nothing' }), null);
    held.release();
  });

  test('who writes on means the new message', async () => {
    const chat = newChat();
    const held = gate();
    server.upstream.enqueue({ steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Half'] }, held.step] });
    const first = send(chat, [user('u1', 'One')]).catch(() => undefined);
    await server.upstream.request(server.upstream.requests.length);
    const second = await send(chat, [user('u2', 'Two')]);
    assert.equal(textOf(second), 'It is sunny.');
    held.release();
    await first;
  });

  test('another key’s chat of the same id is another one', async () => {
    const chat = newChat();
    const one = await send(chat, [user('u1', 'Mine')]);
    const other = await send(chat, [user('u1', 'Theirs')], { through: transportOf(server.testKey) });
    assert.notEqual(metadataOf(other).conversation_id, metadataOf(one).conversation_id);
  });

  test('a failure at the model is the message’s error', async () => {
    server.upstream.setDefault(() => ({
      steps: [
        { do: 'headers' },
        { do: 'tokens', tokens: ['Half'] },
        { do: 'error', type: 'x', message: 'broken' },
      ],
    }));
    await assert.rejects(send(newChat(), [user('u1', 'Hello')]), /./);
  });
});
