/** The session that a chat's message is added to, and the persona and model of a new session. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { type Call, startTestApp } from '../../http-app.ts';
import { chatsOf } from './chats-app.ts';

onBothStores('sessions of chats', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { upstream, modelId, scope } = app.harness;
  const chats = chatsOf(app);
  const organization = `/organizations/${scope.organizationId}`;

  /** The request that the model gets for a new chat's first message. */
  async function asked(credential: Call): Promise<{ model: string; prompt: string[]; maxTokens: unknown }> {
    const { messageId } = await chats.question('Hi', credential);
    const reading = await app.stream(`/conversations/inference/${messageId}`, credential);
    await reading.ended;
    const { body } = upstream.requests.at(-1) ?? {};
    return {
      model: body?.model ?? '',
      prompt: (body?.messages ?? []).map(({ content }) => content),
      maxTokens: body?.max_completion_tokens ?? body?.max_tokens,
    };
  }

  async function model(name: string): Promise<string> {
    const { status, body } = await app.admin('POST', `${organization}/models`, {
      name,
      provider: 'openai-compatible',
      model: name,
      base_url: upstream.openAiUrl,
    });
    assert.equal(status, 201, JSON.stringify(body));
    return body.id;
  }

  const change = async (path: string, body: object): Promise<void> => {
    const answer = await app.admin('PATCH', path, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  };

  test("a key's default persona answers, with its prompt and parameters", async () => {
    const persona = await app.persona('limited');
    const path = `${organization}/personas/${persona}`;
    const draft = { system_prompt: 'I am brief.', model_id: modelId, max_tokens: 9, temperature: 0.5 };
    assert.equal((await app.admin('PUT', `${path}/next`, draft)).status, 200);
    assert.equal((await app.admin('POST', `${path}/submit`)).status, 200);
    // A draft is not used, not even for a test key.
    assert.equal(
      (await app.admin('PUT', `${path}/next`, { ...draft, system_prompt: 'I am a draft.' })).status,
      200,
    );
    for (const type of ['prod', 'test'] as const) {
      const { key } = await app.key(type, { default_persona_id: persona });
      const { prompt, maxTokens } = await asked({ key });
      assert.deepEqual(prompt, ['I am brief.', 'Hi']);
      assert.equal(maxTokens, 9);
      assert.equal(upstream.requests.at(-1)?.body?.temperature, 0.5);
    }
  });

  test("a token's persona answers, in the revision that the token has", async () => {
    const persona = await app.persona('of-token');
    const token = await chats.user('ada', { persona: { alias: 'of-token' } });
    const path = `${organization}/personas/${persona}`;
    const draft = { system_prompt: 'I am newer.', model_id: modelId };
    assert.equal((await app.admin('PUT', `${path}/next`, draft)).status, 200);
    assert.equal((await app.admin('POST', `${path}/submit`)).status, 200);
    assert.deepEqual((await asked({ token })).prompt, ['I am of-token.', 'Hi']);
  });

  test("a key's default persona without an active version is 404", async () => {
    const { key } = await app.key('test', {
      default_persona_id: await app.persona('draft-only', { active: false, next: true }),
    });
    const chat = await chats.chat({ key });
    const body = { chat_id: chat, role: 'Human', message: 'Hi' };
    const refused = await app.call('/conversations/create', { key, body });
    assert.deepEqual([refused.status, refused.body.code], [404, 'not_found']);
  });

  test('without a persona: the default model, else the first active one, else 409', async () => {
    const { key } = await app.key('prod');
    const member = { token: await chats.member('member') };
    const [other, unused] = [await model('other'), await model('unused')];
    assert.deepEqual(await asked({ key }), { model: 'scripted', prompt: ['Hi'], maxTokens: undefined });
    await change(organization, { default_model_id: other });
    assert.equal((await asked({ key })).model, 'other');
    assert.equal((await asked(member)).model, 'other');
    // The session stays on the model that it started with.
    const { chatId } = await chats.question('One', member);
    await change(organization, { default_model_id: null });
    await chats.say(chatId, 'Two', 'Human', member);
    const reading = await app.stream(`/conversations/inference/${chatId}`, member);
    await reading.ended;
    assert.equal(upstream.requests.at(-1)?.body?.model, 'other');
    assert.equal((await asked(member)).model, 'scripted');

    await change(organization, { default_model_id: other });
    await change(`${organization}/models/${other}`, { is_active: false });
    assert.equal((await asked(member)).model, 'scripted');
    const models = [modelId, unused];
    for (const id of models) await change(`${organization}/models/${id}`, { is_active: false });
    const chat = await chats.chat(member);
    const body = { chat_id: chat, role: 'Human', message: 'Hi' };
    const refused = await app.call('/conversations/create', { ...member, body });
    assert.deepEqual([refused.status, refused.body.code], [409, 'model_unavailable']);
    assert.deepEqual(await chats.transcript(chat, member), []);
    for (const id of models) await change(`${organization}/models/${id}`, { is_active: true });
  });

  test('a message goes into the newest active session of the chat', async () => {
    const { store } = app.harness.place;
    const credential = { token: await chats.member('member') };
    const { chatId } = await chats.question('In the first', credential);
    const other = await model('newest');
    const session = await store.execute('createSession', {
      scope,
      id: '01ffffff-ffff-7fff-8fff-ffffffffffff',
      conversationId: chatId,
      modelId: other,
      persona: null,
      now: Date.now() + 1000,
    });
    await chats.say(chatId, 'In the second', 'Human', credential);
    const reading = await app.stream(`/conversations/inference/${chatId}`, credential);
    await reading.ended;
    assert.equal(upstream.requests.at(-1)?.body?.model, 'newest');
    assert.deepEqual(
      upstream.requests.at(-1)?.body?.messages?.map(({ content }) => content),
      ['In the second'],
    );
    await store.execute('completeSession', { scope, id: session.id, now: Date.now() });
    await chats.say(chatId, 'In the first again', 'Human', credential);
    const again = await app.stream(`/conversations/inference/${chatId}`, credential);
    await again.ended;
    const texts = upstream.requests.at(-1)?.body?.messages?.map(({ content }) => content) ?? [];
    assert.match(texts.join('\n'), /In the first\n*In the first again/);
  });
});
