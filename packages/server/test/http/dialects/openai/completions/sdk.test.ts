/** npm's `openai`, as it is, against the server: chat completions, their streams, tools, forms, and what is stored. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import OpenAI, { APIError } from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { startTestApp } from '../../../http-app.ts';

onBothStores('chat completions by the SDK', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { upstream } = app.harness;
  const client = new OpenAI({ apiKey: app.prodKey, baseURL: `${app.url}/v1`, maxRetries: 0 });
  const model = 'persona:test';

  /** What the provider was sent last, but for the persona's prompt. */
  const sent = () =>
    (upstream.requests.at(-1)?.body?.messages ?? [])
      .filter(({ role }) => role !== 'system')
      .map(({ role, content }) => [role, content]);

  test('a whole answer with a history, which is in no list', async () => {
    upstream.enqueue(answer('Fine', { reasoning: ['Hm'] }));
    const before = (await app.call('/chats/', { key: app.prodKey })).body.length;
    const completion = await client.chat.completions.create({
      model,
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello' },
        { role: 'user', content: [{ type: 'text', text: 'How are you?' }] },
      ],
    });
    const choice = completion.choices[0] ?? assert.fail('no choice');
    assert.deepEqual([choice.message.content, choice.finish_reason], ['Fine', 'stop']);
    assert.equal((choice.message as { reasoning_content?: string }).reasoning_content, 'Hm');
    assert.deepEqual([completion.model, completion.object], [model, 'chat.completion']);
    assert.equal(completion.usage?.prompt_tokens, 10);
    assert.deepEqual(sent(), [
      ['user', 'Hi'],
      ['assistant', 'Hello'],
      ['user', 'How are you?'],
    ]);
    assert.equal((await app.call('/chats/', { key: app.prodKey })).body.length, before);
    await assert.rejects(client.chat.completions.retrieve(completion.id), { status: 404 });
    // It is found by its generation alone.
    const id = completion.id.slice('chatcmpl-'.length);
    const uuid = id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    assert.equal((await app.call(`/api/generations/${uuid}`, { key: app.prodKey })).body.status, 'done');
  });

  test('the streaming helper, with usage', async () => {
    upstream.enqueue(answer('One two three'));
    const stream = client.chat.completions.stream({
      model,
      messages: [{ role: 'user', content: 'Count' }],
      stream_options: { include_usage: true },
    });
    let text = '';
    stream.on('content', (piece) => {
      text += piece;
    });
    const final = await stream.finalChatCompletion();
    assert.equal(text, 'One two three');
    assert.equal(final.choices[0]?.message.content, text);
    assert.equal(final.usage?.completion_tokens, 3);
  });

  test('runTools calls a function and goes on with its result', async () => {
    upstream.enqueue(
      {
        steps: [
          { do: 'headers' },
          { do: 'tool-call', id: 'theirs', name: 'look', arguments: '{"city":"Bern"}' },
          { do: 'finish', reason: 'tool_calls' },
          { do: 'end' },
        ],
      },
      answer('It is 20 degrees'),
    );
    const cities: string[] = [];
    const runner = client.chat.completions.runTools({
      model,
      stream: true,
      messages: [{ role: 'user', content: 'How warm is it in Bern?' }],
      tools: [
        {
          type: 'function',
          function: {
            name: 'look',
            parameters: { type: 'object', properties: { city: { type: 'string' } } },
            description: 'How warm it is',
            parse: (text: string) => JSON.parse(text) as { city: string },
            function: ({ city }: { city: string }) => {
              cities.push(city);
              return '20';
            },
          },
        },
      ],
    });
    assert.equal(await runner.finalContent(), 'It is 20 degrees');
    assert.deepEqual(cities, ['Bern']);
    const roles = (upstream.requests.at(-1)?.body?.messages ?? []).map(({ role }) => role);
    assert.deepEqual(roles.slice(-3), ['user', 'assistant', 'tool']);
  });

  test('a form of the answer, read by the helper', async () => {
    upstream.enqueue(answer('{"city":"Bern"}', { tokens: ['{"city":', '"Bern"}'] }));
    const completion = await client.chat.completions.parse({
      model,
      messages: [{ role: 'user', content: 'Where?' }],
      response_format: zodResponseFormat(z.object({ city: z.string() }), 'place'),
    });
    assert.deepEqual(completion.choices[0]?.message.parsed, { city: 'Bern' });
    const body: unknown = upstream.requests.at(-1)?.body;
    assert.match(JSON.stringify(body), /"response_format":\{"type":"json_schema"/);
  });

  test('what is stored is a conversation, is listed, changed and deleted', async () => {
    const made = [];
    for (const topic of ['a', 'b', 'b']) {
      upstream.enqueue(answer(`About ${topic}`));
      made.push(
        await client.chat.completions.create({
          model,
          store: true,
          metadata: { topic },
          messages: [
            { role: 'system', content: 'Be kind.' },
            { role: 'user', content: `Tell me of ${topic}` },
          ],
        }),
      );
    }
    const ids = made.map(({ id }) => id);
    const [first] = made;
    assert.ok(first !== undefined);
    const listed = [];
    for await (const one of client.chat.completions.list({ limit: 1 })) listed.push(one.id);
    assert.deepEqual(listed, ids);
    for (const after of ['chatcmpl-nothing', `chatcmpl-${'0'.repeat(32)}`])
      await assert.rejects(client.chat.completions.list({ after }), { status: 400, param: 'after' });
    const found = await client.chat.completions.list({ metadata: { topic: 'b' }, order: 'desc' });
    assert.deepEqual(
      found.data.map(({ id }) => id),
      ids.slice(1).reverse(),
    );
    assert.deepEqual(await client.chat.completions.retrieve(first.id), first);
    const messages = await client.chat.completions.messages.list(first.id);
    assert.deepEqual(
      messages.data.map(({ role, content }) => [role, content]),
      [
        ['system', 'Be kind.'],
        ['user', 'Tell me of a'],
      ],
    );
    const changed = await client.chat.completions.update(first.id, { metadata: { topic: 'c' } });
    assert.deepEqual(changed.metadata, { topic: 'c' });
    assert.deepEqual((await client.chat.completions.retrieve(first.id)).metadata, { topic: 'c' });
    const chats = (await app.call('/chats/', { key: app.prodKey })).body;
    assert.equal(chats.filter(({ name }: { name: string }) => name === 'Tell me of a').length, 1);
    await client.chat.completions.delete(first.id);
    await assert.rejects(client.chat.completions.retrieve(first.id), { status: 404, code: 'not_found' });
    const left = (await app.call('/chats/', { key: app.prodKey })).body;
    assert.equal(left.length, chats.length - 1);
  });

  test('the limits of a key are told as OpenAI tells them', async () => {
    const limits = { requests_per_minute: 100, tokens_per_minute: 60_000 };
    const { key } = await app.key('prod', { limits, default_persona_id: app.harness.persona.personaId });
    upstream.enqueue(answer('Hi'), answer('Hi'));
    const limited = new OpenAI({ apiKey: key, baseURL: `${app.url}/v1`, maxRetries: 0 });
    const messages = [{ role: 'user', content: 'Hi' }] as const;
    for (const stream of [false, true]) {
      const params = { model, messages: [...messages], stream };
      const { response } = await limited.chat.completions.create(params).withResponse();
      const { headers } = response;
      assert.equal(headers.get('x-ratelimit-limit-requests'), '100');
      assert.ok(Number(headers.get('x-ratelimit-remaining-requests')) < 100);
      assert.match(headers.get('x-ratelimit-reset-requests') ?? '', /^(\d+m)?\d+s$/);
      assert.equal(headers.get('x-ratelimit-limit-tokens'), '60000');
      assert.equal(headers.get('openai-version'), '2020-10-01');
      assert.match(headers.get('openai-processing-ms') ?? '', /^\d+$/);
      assert.ok(headers.get('x-request-id'));
      if (stream) await response.body?.cancel();
    }
  });

  test('a stream that is taken up again has the headers of its first try', async () => {
    upstream.enqueue(answer('One two'));
    const post = (more: Readonly<Record<string, string>> = {}) =>
      fetch(`${app.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${app.prodKey}`, 'content-type': 'application/json', ...more },
        body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Hi' }] }),
      });
    const whole = await (await post()).text();
    const [, id = ''] = /^id: (.+)$/m.exec(whole) ?? [];
    const again = await post({ 'last-event-id': id });
    assert.equal(again.headers.get('openai-version'), '2020-10-01');
    assert.match(again.headers.get('openai-processing-ms') ?? '', /^\d+$/);
    const rest = await again.text();
    assert.ok(rest.length > 0 && whole.endsWith(rest));
  });

  test('what is wrong is named', async () => {
    const messages = [{ role: 'user', content: 'Hi' }];
    const result = { role: 'tool', tool_call_id: 'x', content: '1' };
    const call = { id: 'x', type: 'function', function: { name: 'f', arguments: '{}' } };
    const cases: readonly [object, string, string][] = [
      [{}, 'missing_required_parameter', 'messages'],
      [{ messages: [] }, 'invalid_value', 'messages'],
      [{ messages, top_k: 1 }, 'unknown_parameter', 'top_k'],
      [{ messages, n: 2 }, 'unsupported_value', 'n'],
      [{ messages, logprobs: true }, 'unsupported_value', 'logprobs'],
      [{ messages, logit_bias: { 5: 1 } }, 'unsupported_value', 'logit_bias'],
      [{ messages, modalities: ['text', 'audio'] }, 'unsupported_value', 'modalities'],
      [{ messages, functions: [] }, 'unsupported_parameter', 'functions'],
      [{ messages: [{ role: 'robot', content: 'Hi' }] }, 'invalid_value', 'messages[0].role'],
      [{ messages: [{ role: 'user' }] }, 'missing_required_parameter', 'messages[0].content'],
      [{ messages: [result] }, 'invalid_value', 'messages[0]'],
      [
        { messages: [{ role: 'assistant', tool_calls: [call] }, ...messages] },
        'invalid_value',
        'messages[0]',
      ],
      [
        { messages, tools: [{ type: 'function', function: { name: 'a b' } }] },
        'invalid_value',
        'tools[0].function.name',
      ],
      [
        { messages, tool_choice: { type: 'function', function: { name: 'f' } } },
        'invalid_value',
        'tool_choice.function.name',
      ],
      [{ messages, response_format: { type: 'xml' } }, 'invalid_value', 'response_format.type'],
      [
        { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://a/' } }] }] },
        'invalid_value',
        'messages[0].content[0].image_url.url',
      ],
    ];
    for (const [body, code, param] of cases) {
      const failing = client.chat.completions.create({ model, ...body } as never);
      await assert.rejects(failing, (error: unknown) => {
        assert.ok(error instanceof APIError, String(error));
        assert.deepEqual([error.status, error.code, error.param], [400, code, param], JSON.stringify(body));
        return true;
      });
    }
    const { token } = (await app.call('/api/chat/get_token', { key: app.prodKey, body: { user_id: 'ada' } }))
      .body;
    const browser = new OpenAI({ apiKey: token, baseURL: `${app.url}/v1`, maxRetries: 0 });
    await assert.rejects(browser.chat.completions.create({ model, messages } as never), { status: 403 });
  });
});
