/** What a provider tells of its figures, from its response to every dialect, live and stored. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import OpenAI from 'openai';
import { dataOf, generationOf, startTestApp } from '../http-app.ts';

onBothStores('details of usage', async (engine) => {
  const app = await startTestApp(engine);
  after(() => app[Symbol.asyncDispose]());
  const { upstream } = app.harness;
  const client = new OpenAI({ apiKey: app.prodKey, baseURL: `${app.url}/v1`, maxRetries: 0 });
  const organization = `/organizations/${app.harness.scope.organizationId}`;
  const made = await app.admin('POST', `${organization}/models`, {
    ...{ name: 'claude', provider: 'anthropic', model: 'scripted', base_url: upstream.anthropicUrl },
    api_key: 'sk-of-the-test',
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const told = {
    scripted: {
      prompt_tokens_details: { cached_tokens: 32 },
      completion_tokens_details: { reasoning_tokens: 3 },
    },
    claude: { cache_read_input_tokens: 32, cache_creation_input_tokens: 16 },
  } as const;
  const enqueue = (more: object | undefined): void =>
    upstream.enqueue(
      answer('One two', { usage: { promptTokens: 50, completionTokens: 7, ...(more && { more }) } }),
    );

  for (const [model, details, promptTokens] of [
    ['scripted', { cached: 32, written: 0, reasoning: 3 }, 50],
    ['claude', { cached: 32, written: 16, reasoning: 0 }, 98],
  ] as const) {
    const { cached, written, reasoning } = details;
    const ofResponse = {
      ...{ input_tokens: promptTokens, output_tokens: 7, total_tokens: promptTokens + 7 },
      input_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
      output_tokens_details: { reasoning_tokens: reasoning },
      provenance: 'reported',
    };
    const ofCompletion = {
      ...{ prompt_tokens: promptTokens, completion_tokens: 7, total_tokens: promptTokens + 7 },
      prompt_tokens_details: { cached_tokens: cached },
      completion_tokens_details: { reasoning_tokens: reasoning },
      provenance: 'reported',
    };
    const ofAll = {
      ...{ prompt_tokens: promptTokens, completion_tokens: 7, total_tokens: promptTokens + 7 },
      ...{ provenance: 'reported', cached_tokens: cached },
      ...(written > 0 && { cache_write_tokens: written }),
      ...(reasoning > 0 && { reasoning_tokens: reasoning }),
    };

    test(`${model}: whole, streamed and stored, under /v1`, async () => {
      enqueue(told[model]);
      const response = await client.responses.create({ model, input: 'Hi' });
      assert.deepEqual(response.usage, ofResponse);
      assert.deepEqual((await client.responses.retrieve(response.id)).usage, ofResponse);
      enqueue(told[model]);
      const streamed = await client.responses.stream({ model, input: 'Hi' }).finalResponse();
      assert.deepEqual(streamed.usage, ofResponse);
      const messages = [{ role: 'user', content: 'Hi' }] as const;
      enqueue(told[model]);
      const completion = await client.chat.completions.create({
        model,
        messages: [...messages],
        store: true,
      });
      assert.deepEqual(completion.usage, ofCompletion);
      assert.deepEqual((await client.chat.completions.retrieve(completion.id)).usage, ofCompletion);
      enqueue(told[model]);
      const chunks = await client.chat.completions.stream({
        ...{ model, messages: [...messages], stream_options: { include_usage: true } },
      });
      assert.deepEqual((await chunks.finalChatCompletion()).usage, ofCompletion);
    });

    test(`${model}: in the other dialects`, async () => {
      enqueue(told[model]);
      const { id } = await client.responses.create({ model, input: 'Hi' });
      const uuid = id.slice(5).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
      const own = { key: app.prodKey };
      assert.deepEqual((await app.call(`/api/generations/${uuid}`, own)).body.usage, ofAll);
      for (const dialect of ['chat', 'conversation', 'chats', 'events', 'ui']) {
        const stream = await app.stream(`/api/generations/${uuid}/stream?dialect=${dialect}`, own);
        await stream.ended;
        const frames = stream.events.filter(({ data }) => data !== '[DONE]').map(({ data }) => data);
        const last = JSON.parse(frames.at(-1) ?? '{}');
        assert.deepEqual(last.usage ?? last.messageMetadata?.usage, ofAll, dialect);
      }
      const { body } = await app.call(`/api/generations/${uuid}`, own);
      const org = app.harness.scope.organizationId;
      const message = await app.call(`/api/conversation/messages/${body.message_id}?org_id=${org}`, own);
      assert.deepEqual(message.body.usage, ofAll);
    });
  }

  test('what is not told is nowhere, and 0 for clients of OpenAI', async () => {
    enqueue(undefined);
    const stream = await app.stream('/api/chat/completion/stream', {
      ...{ key: app.prodKey, body: { message: 'Hi' } },
    });
    await stream.ended;
    const usage = { prompt_tokens: 50, completion_tokens: 7, total_tokens: 57, provenance: 'reported' };
    assert.deepEqual(dataOf(stream).at(-1).usage, usage);
    const response = await client.responses.retrieve(`resp_${generationOf(stream).replaceAll('-', '')}`);
    assert.deepEqual(response.usage?.input_tokens_details, { cached_tokens: 0, cache_write_tokens: 0 });
    assert.deepEqual(response.usage?.output_tokens_details, { reasoning_tokens: 0 });
  });
});
