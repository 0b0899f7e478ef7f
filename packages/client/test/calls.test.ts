/** Calls without a stream, for keys, end users and members, on a real server. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { startTestServer, type TestServer } from 'colloquy-testkit/server';
import { administer } from 'colloquy-testkit/tenants';
import { answer as scripted } from 'colloquy-testkit/upstream/scripted-upstream';
import { Colloquy } from '../src/index.ts';
import { createConversation } from '../src/store.ts';
import { ready, texts } from './shown.ts';

let server: TestServer;
let key: Colloquy;
let users = 0;
before(async () => {
  server = await startTestServer();
  key = new Colloquy({ baseUrl: server.url, apiKey: server.prodKey });
});
after(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  server.upstream.setDefault(({ lastUserMessage }) => scripted(`Re: ${lastUserMessage}`));
});

async function newUser(): Promise<{ readonly userId: string; readonly client: Colloquy }> {
  users += 1;
  const userId = `user ${users}`;
  const { token } = await key.tokens.create({ userId });
  return { userId, client: new Colloquy({ baseUrl: server.url, token }) };
}

describe('an end user', () => {
  test('learns whom they talk to, and what the model was sent', async () => {
    const { client } = await newUser();
    assert.deepEqual(await client.persona.get(), {
      name: 'Helper',
      alias: 'helper',
      greeting: null,
      suggestions: [],
      internet: false,
    });
    assert.deepEqual(await client.models.list(), [
      {
        id: server.modelId,
        name: 'Scripted',
        provider: 'openai-compatible',
        model: 'scripted',
        contextWindow: 8000,
        isDefault: true,
      },
    ]);
    const { generationId } = await client.send('Hello');
    const context = await client.generations.context(generationId);
    assert.deepEqual(
      [context.generationId, context.status, context.dropped],
      [generationId, 'recorded', null],
    );
    assert.deepEqual(
      context.messages.map(({ role, treatment }) => [role, treatment]),
      [['user', 'whole']],
    );
  });

  test('rates an answer and deletes a message', async () => {
    const { client } = await newUser();
    const { messageId, sessionId } = await client.send('Hello');
    assert.deepEqual(await client.messages.rate(messageId, -1, { reason: 'wrong' }), {
      messageId,
      rating: -1,
      reason: 'wrong',
      comment: null,
    });
    await client.messages.delete(messageId);
    const { messages } = await client.conversations.messages(sessionId);
    assert.deepEqual(
      messages.map(({ content }) => content),
      ['Hello'],
    );
  });

  test('takes everything along, and has it erased; a key does so for them', async () => {
    const { client } = await newUser();
    const { sessionId } = await client.send('Remember me');
    const lines = (await client.me.export()).trim().split('\n');
    assert.ok(lines.every((line) => typeof JSON.parse(line) === 'object'));
    assert.match(lines.join('\n'), /Remember me/);
    await client.me.delete();
    await assert.rejects(client.conversations.messages(sessionId), { status: 401 });

    const { userId, client: other } = await newUser();
    await other.send('Me too');
    assert.match(await key.me.export({ userId }), /Me too/);
    await key.me.delete({ userId });
    assert.equal((await key.me.export({ userId }).catch((error) => error)).code, 'not_found');
  });
});

describe('a member', () => {
  let member: Colloquy;
  before(async () => {
    const base = `/organizations/${server.organizationId}/members`;
    const person = { name: 'Mo', email: 'mo@acme.example', role: 'member' };
    const { id } = await administer<{ id: string }>(server.url, 'POST', base, person);
    const { token } = await administer<{ token: string }>(server.url, 'POST', `${base}/${id}/token`, {});
    member = new Colloquy({ baseUrl: server.url, token, organization: server.organizationId });
  });

  test('talks to a persona or a model, and reads on later', async () => {
    const { sessionId } = await member.send('One', { persona: { alias: 'helper' } });
    await member.send('Two', { session: sessionId });
    const { messages, next } = await member.conversations.messages(sessionId);
    assert.deepEqual(
      messages.map(({ content }) => content),
      ['One', 'Re: One', 'Two', 'Re: Two'],
    );
    assert.equal(next, null);
    const [model] = await member.models.list();
    const conversation = createConversation(member, { model: model?.id });
    assert.equal(await conversation.send('Hello'), true);
    const { session } = await ready(conversation);
    const sent = server.upstream.requests.at(-1)?.body?.messages ?? [];
    assert.deepEqual(
      sent.map(({ role }) => role),
      ['user'],
    );
    const { data } = await administer<{ data: { title: string }[] }>(
      server.url,
      'GET',
      `/organizations/${server.organizationId}/conversations`,
    );
    assert.ok(data.some(({ title }) => title === 'Hello'));
    const again = createConversation(member, { session });
    const end = again.subscribe(() => undefined);
    assert.deepEqual(texts(await ready(again)), ['Hello', 'Re: Hello']);
    end();
  });

  test('an environment is named in every call', async () => {
    const seen: string[] = [];
    const asked = new Colloquy({
      baseUrl: server.url,
      token: 'none',
      organization: server.organizationId,
      environment: 'test',
      fetch: async (url) => {
        seen.push(String(url));
        return new Response('{}', { status: 400 });
      },
    });
    const session = '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01';
    for (const call of [asked.send('x'), asked.conversations.messages(session), asked.models.list()])
      await assert.rejects(async () => await call);
    assert.equal(seen.length, 3);
    for (const url of seen) assert.equal(new URL(url).searchParams.get('environment'), 'test');
  });
});

test('a key begins a conversation on a model', async () => {
  const { sessionId, conversationId } = await key.conversations.create({ model: server.modelId });
  const answer = await key.send('Hello', { session: sessionId });
  assert.deepEqual([answer.conversationId, answer.text], [conversationId, 'Re: Hello']);
  await assert.rejects(key.conversations.create({}), { code: 'invalid_request' });
});
