/** A turn that starts in one dialect is listed, continued, resumed and cancelled in the others. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate } from 'colloquy-testkit/upstream/scripted-upstream';
import { type Dialect, dialects } from '../../../src/domain/generation.ts';
import { newId } from '../../../src/domain/ids.ts';
import { generationOf, type SseReading, startTestApp } from '../http-app.ts';
import { inTwo } from './chats/chats-app.ts';

/** The ids of a turn; a dialect shows some of them, and the generation the others. */
interface Turn {
  readonly reading: SseReading;
  readonly generationId: string;
  readonly conversationId: string;
  readonly sessionId: string;
}

interface Shown {
  readonly event?: string | undefined;
  readonly data: string;
}

const jsonPiece =
  (pieceType: string) =>
  ({ data }: Shown): string => {
    const { type, content } = JSON.parse(data);
    return type === pieceType ? content : '';
  };

/** In completions each call is a conversation of its own. */
type Continuing = Exclude<Dialect, 'completions'>;
const continues = (dialect: Dialect): dialect is Continuing => dialect !== 'completions';

/** The text that an event of a dialect adds to the answer. */
const pieceIn: Readonly<Record<Dialect, (event: Shown) => string>> = {
  chat: jsonPiece('token'),
  conversation: jsonPiece('content'),
  chats: ({ event, data }) => (event === 'message' ? data : ''),
  responses: ({ event, data }) => (event === 'response.output_text.delta' ? JSON.parse(data).delta : ''),
  completions: ({ data }) => (data === '[DONE]' ? '' : (JSON.parse(data).choices[0].delta.content ?? '')),
  ui: ({ data }) => (data.startsWith('{') && JSON.parse(data).delta) || '',
};

/** The name of an event. */
const nameIn: Readonly<Record<Dialect, (event: Shown) => string | undefined>> = {
  chat: ({ data }) => JSON.parse(data).type,
  conversation: ({ event }) => event,
  chats: ({ event }) => event,
  responses: ({ event, data }) => (event === 'message' ? data : event),
  completions: ({ data }) => data,
  ui: ({ data }) => (data.startsWith('{') ? JSON.parse(data).type : data),
};

/** What the end of a cancelled answer says, in the last event that is JSON. */
const cancelledIn: Readonly<Record<Dialect, string>> = {
  chat: '"finish_reason":"cancelled"',
  conversation: '"finish_reason":"cancelled"',
  chats: '"finish_reason":"cancelled"',
  responses: '"status":"cancelled"',
  completions: '"finish_reason":"length"',
  ui: '"reason":"cancelled"',
};

/** The answer's text in a dialect's stream. */
function textIn(dialect: Dialect, { events }: SseReading): string {
  return events.map(pieceIn[dialect]).join('');
}

/** The name of the last event in a dialect's stream. */
function endIn(dialect: Dialect, { events }: SseReading): string | undefined {
  const last = events.at(-1);
  return last === undefined ? undefined : nameIn[dialect](last);
}

const endOf: Readonly<Record<Dialect, string>> = {
  chat: 'done',
  conversation: 'end',
  chats: 'done',
  responses: '[DONE]',
  completions: '[DONE]',
  ui: '[DONE]',
};

onBothStores('dialects', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const key = app.prodKey;
  const { upstream, scope, modelId } = app.harness;
  const org = `org_id=${scope.organizationId}`;

  async function turnOf(reading: SseReading): Promise<Turn> {
    const generationId = generationOf(reading);
    const { body } = await app.call(`/api/generations/${generationId}`, { key });
    return {
      reading,
      generationId,
      conversationId: body.conversation_id,
      sessionId: body.session_id,
    };
  }

  const made = async (path: string, body: object): Promise<string> => {
    const { status, body: resource } = await app.call(path, { key, body });
    assert.ok(status === 200 || status === 201, `${path}: ${JSON.stringify(resource)}`);
    return resource.id;
  };

  /** Makes a first turn, as a client of the dialect does. */
  const begin: Record<Dialect, (message: string) => Promise<Turn>> = {
    chat: async (message) =>
      turnOf(await app.stream('/api/chat/completion/stream', { key, body: { message } })),
    conversation: async (message) => {
      const conversation_id = await made(`/api/conversation/create?${org}`, { title: message });
      const session = await made(`/api/conversation/create_session?${org}`, {
        conversation_id,
        model_id: modelId,
      });
      return go.conversation({ sessionId: session, conversationId: conversation_id }, message);
    },
    chats: async (message) => {
      const conversationId = await made('/chats/create', { name: message });
      return go.chats({ conversationId, sessionId: '' }, message);
    },
    completions: async (message) =>
      turnOf(
        await app.stream('/v1/chat/completions', {
          key,
          body: { messages: [{ role: 'user', content: message }], stream: true, store: true },
        }),
      ),
    responses: async (message) =>
      turnOf(await app.stream('/v1/responses', { key, body: { input: message, stream: true } })),
    ui: (message) => go.ui({ conversationId: newId(), sessionId: '' }, message),
  };

  /** Makes another turn. */
  const go: Record<
    Continuing,
    (place: Pick<Turn, 'conversationId' | 'sessionId'>, message: string) => Promise<Turn>
  > = {
    chat: async ({ sessionId: session }, message) =>
      turnOf(await app.stream('/api/chat/continuation/stream', { key, body: { session, message } })),
    conversation: async ({ sessionId: chat_session_id }, message) =>
      turnOf(
        await app.stream(`/api/conversation/stream_chat?${org}`, { key, body: { chat_session_id, message } }),
      ),
    chats: async ({ conversationId: chat_id }, message) => {
      const id = await made('/conversations/create', { chat_id, role: 'Human', message });
      return turnOf(await app.stream(`/conversations/inference/${id}`, { key }));
    },
    responses: async ({ conversationId: conversation }, message) =>
      turnOf(
        await app.stream('/v1/responses', { key, body: { conversation, input: message, stream: true } }),
      ),
    ui: async ({ conversationId: id }, message) => {
      const sent = { role: 'user', parts: [{ type: 'text', text: message }] };
      return turnOf(await app.stream('/api/ui/chat', { key, body: { id, message: sent } }));
    },
  };

  for (const first of dialects) {
    const others = dialects.filter((dialect) => dialect !== first);

    test(`begun in ${first}: continued and listed in the others`, async () => {
      const following = others.filter(continues);
      const turns = [first, ...following];
      upstream.enqueue(...turns.map((_, index) => answer(`Answer ${index}`)));
      const begun = await begin[first]('Message 0');
      await begun.reading.ended;
      for (const [index, dialect] of following.entries()) {
        const turn = await go[dialect](begun, `Message ${index + 1}`);
        await turn.reading.ended;
        assert.equal(textIn(dialect, turn.reading), `Answer ${index + 1}`);
        assert.equal(turn.conversationId, begun.conversationId);
        assert.equal(turn.sessionId, begun.sessionId);
      }
      const expected = turns.flatMap((_, index) => [`Message ${index}`, `Answer ${index}`]);
      // The model saw the whole history.
      const asked = upstream.requests.at(-1)?.body?.messages ?? [];
      assert.deepEqual(
        asked.filter(({ role }) => role !== 'system').map(({ content }) => content),
        expected.slice(0, -1),
      );

      const { conversationId: id } = begun;
      const chat = (await app.call(`/chats/${id}`, { key })).body;
      const chats = (await app.call('/chats/', { key })).body;
      const conversations = (await app.call(`/api/conversation/list?${org}`, { key })).body;
      const conversation = conversations.find((one: { id: string }) => one.id === id);
      assert.deepEqual(
        chats.find((one: { id: string }) => one.id === id),
        chat,
      );
      assert.equal(conversation.title, chat.name);
      assert.equal(conversation.created_at, chat.created_at);
      assert.equal(chat.name, 'Message 0');

      const inChats = (await app.call(`/conversations/?chat_id=${id}`, { key })).body;
      const path = `/api/conversation/messages?${org}&conversation_id=${id}`;
      const { messages, total } = (await app.call(path, { key })).body;
      assert.deepEqual(
        inChats.map(({ message }: { message: string }) => message),
        expected,
      );
      assert.deepEqual(
        messages.map(({ content }: { content: string }) => content),
        expected,
      );
      assert.equal(total, expected.length);
      assert.deepEqual(
        inChats.map(({ id: one }: { id: string }) => one),
        messages.map(({ id: one }: { id: string }) => one),
      );
      assert.deepEqual(
        inChats.map(({ role }: { role: string }) => role),
        messages.map(({ role }: { role: string }) => (role === 'user' ? 'Human' : 'Assistant')),
      );
    });

    test(`begun in ${first}: resumed in the others, live and afterwards`, async () => {
      const held = gate();
      upstream.enqueue(inTwo(['One', '\n two', ' three'], held.step, [' four', ' five']));
      const { reading, generationId } = await begin[first]('Resume me');
      await reading.until((so) => textIn(first, so) === 'One\n two three');
      const stream = `/api/generations/${generationId}/stream`;
      const cursor = reading.events.at(-2)?.id ?? assert.fail('no id');
      const headers = { 'last-event-id': cursor };
      const live = await Promise.all(
        dialects.map((dialect) => app.stream(`${stream}?dialect=${dialect}`, { key, headers })),
      );
      const whole = await Promise.all(
        dialects.map((dialect) => app.stream(`${stream}?dialect=${dialect}`, { key })),
      );
      held.release();
      await Promise.all([reading, ...live, ...whole].map(({ ended }) => ended));
      for (const [index, dialect] of dialects.entries()) {
        const [rest, all] = [live[index], whole[index]];
        assert.ok(rest !== undefined && all !== undefined);
        assert.equal(textIn(dialect, all), 'One\n two three four five');
        assert.equal(textIn(dialect, rest), ' three four five');
        assert.equal(endIn(dialect, all), endOf[dialect]);
        // A replay is equal to the letter, and nothing follows the end, whatever dialect the event id is from.
        const replay = await app.stream(`${stream}?dialect=${dialect}`, { key });
        await replay.ended;
        assert.equal(replay.raw(), all.raw());
        const last = { 'last-event-id': all.events.at(-1)?.id ?? '' };
        for (const other of dialects) {
          const seen = await app.call(`${stream}?dialect=${other}`, { key, headers: last });
          assert.equal(seen.status, 204, `${dialect} to ${other}`);
        }
      }
      const own = await app.stream(stream, { key });
      await own.ended;
      assert.equal(own.raw(), whole[dialects.indexOf(first)]?.raw());
      assert.equal(reading.raw(), own.raw());
    });

    test(`begun in ${first}: cancelled from outside, and so shown in the others`, async () => {
      upstream.enqueue({ steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Half'] }, { do: 'stall' }] });
      const { reading, generationId, conversationId } = await begin[first]('Cancel me');
      await reading.until((so) => textIn(first, so) === 'Half');
      const path = `/api/generations/${generationId}`;
      const viewers = await Promise.all(
        dialects.map((dialect) => app.stream(`${path}/stream?dialect=${dialect}`, { key })),
      );
      const cancelled = await app.call(`${path}/cancel`, { method: 'POST', key });
      assert.equal(cancelled.body.status, 'cancelled');
      assert.equal(cancelled.body.dialect, first);
      await Promise.all([reading, ...viewers].map(({ ended }) => ended));
      for (const [index, dialect] of dialects.entries()) {
        const viewer = viewers[index] ?? assert.fail();
        assert.equal(textIn(dialect, viewer), 'Half');
        const ends = viewer.events.filter(({ data }) => data !== '[DONE]').at(-1)?.data ?? '';
        assert.ok(ends.includes(cancelledIn[dialect]), ends);
      }
      const inChats = await app.call(`/conversations/?chat_id=${conversationId}`, { key });
      assert.equal(inChats.body.at(-1).message, 'Half');
      const messages = await app.call(`/api/conversation/messages?${org}&conversation_id=${conversationId}`, {
        key,
      });
      assert.deepEqual(
        [messages.body.messages.at(-1).content, messages.body.messages.at(-1).status],
        ['Half', 'cancelled'],
      );
    });

    test(`begun in ${first}: an inference of its question attaches, whatever its state`, async () => {
      const held = gate();
      upstream.enqueue(inTwo(['Only'], held.step, [' once']));
      const { reading, conversationId, generationId } = await begin[first]('Answer once');
      await reading.until((so) => textIn(first, so) === 'Only');
      const calls = upstream.requests.length;
      const live = await app.stream(`/conversations/inference/${conversationId}`, { key });
      held.release();
      await Promise.all([reading.ended, live.ended]);
      assert.equal(generationOf(live), generationId);
      assert.equal(textIn('chats', live), 'Only once');
      const ended = await app.stream(`/conversations/inference_internet/${conversationId}`, { key });
      await ended.ended;
      assert.equal(ended.raw(), live.raw());
      assert.equal(upstream.requests.length, calls);
    });

    test(`begun in ${first}: renamed and deleted in the others`, async () => {
      upstream.enqueue(...others.map(() => answer('Short')));
      for (const second of others) {
        const { reading, conversationId: id, generationId } = await begin[first]('Name me');
        await reading.ended;
        const name = `Named in ${second}`;
        const renamed =
          second === 'conversation'
            ? await app.call(`/api/conversation/update?${org}&conversation_id=${id}`, {
                key,
                method: 'PUT',
                body: { title: name },
              })
            : await app.call(`/chats/update/${id}`, { key, method: 'PUT', body: { name } });
        assert.equal(renamed.status, 200);
        const list = (await app.call(`/api/conversation/list?${org}`, { key })).body;
        assert.equal(list.find((one: { id: string }) => one.id === id).title, name);
        assert.equal((await app.call(`/chats/${id}`, { key })).body.name, name);
        const deletion =
          second === 'conversation'
            ? `/api/conversation/delete?${org}&conversation_id=${id}`
            : `/chats/delete/${id}`;
        assert.equal((await app.call(deletion, { key, method: 'DELETE' })).status, 200);
        for (const path of [
          `/chats/${id}`,
          `/conversations/?chat_id=${id}`,
          `/api/conversation/messages?${org}&conversation_id=${id}`,
          `/api/generations/${generationId}/stream`,
        ]) {
          assert.equal((await app.call(path, { key })).status, 404, path);
        }
      }
    });
  }

  test("a key's answer in a user's session is the user's", async () => {
    const issued = await app.call('/api/chat/get_token', { key, body: { user_id: 'ada' } });
    const { token } = issued.body;
    upstream.enqueue(answer('To Ada'), answer('For Ada'));
    const first = await app.stream('/api/chat/completion/stream', { token, body: { message: 'Hi' } });
    await first.ended;
    const { conversationId, sessionId } = await turnOf(first);
    const second = await go.chat({ conversationId, sessionId }, 'By the back end');
    await second.reading.ended;
    assert.equal((await app.call(`/api/generations/${second.generationId}`, { token })).status, 200);
    const list = await app.call(`/conversations/?chat_id=${conversationId}`, { token });
    assert.equal(list.body.length, 4);
    for (const { id } of list.body) {
      assert.equal((await app.call(`/conversations/${id}`, { token })).status, 200, id);
    }
    const replay = await app.stream(`/conversations/inference/${conversationId}`, { token });
    await replay.ended;
    assert.equal(textIn('chats', replay), 'For Ada');
  });
});
