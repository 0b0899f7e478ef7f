/** The features that only Anthropic's wire format has: its request, its usage, its pings and block kinds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { apiKey, collect, hello, startHarness } from '../remote-models.ts';

test('the request: system apart, max_tokens always, turns that alternate, no seed', async () => {
  await using h = await startHarness();
  await collect(h.model('anthropic'), {
    messages: [
      { role: 'system', text: 'Be brief.' },
      { role: 'user', text: 'Hi' },
      { role: 'assistant', text: '' },
      { role: 'user', text: 'Again' },
    ],
    parameters: { temperature: 1.7, topP: 0.9, stop: ['END'], seed: 3 },
  });
  const sent = h.upstream.requests[0];
  assert.equal(sent?.path, '/anthropic/v1/messages');
  assert.equal(sent?.headers['x-api-key'], apiKey);
  assert.equal(sent?.headers.authorization, undefined);
  assert.equal(sent?.headers['anthropic-version'], '2023-06-01');
  assert.deepEqual(sent?.body, {
    model: 'scripted',
    max_tokens: 4096,
    messages: [{ role: 'user', content: 'Hi\n\nAgain' }],
    stream: true,
    system: 'Be brief.',
    temperature: 1,
    stop_sequences: ['END'],
  });
});

test('an answer at the end loses the whitespace behind it, which the API refuses', async () => {
  await using h = await startHarness();
  await collect(h.model('anthropic'), {
    messages: [...hello.messages, { role: 'assistant', text: 'Once upon \n' }],
    parameters: {},
    continueLast: true,
  });
  assert.deepEqual(h.upstream.requests[0]?.body?.messages, [
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Once upon' },
  ]);
});

for (const suffix of ['', '/', '/v1', '/v1/']) {
  test(`a base URL that ends with "${suffix}" is the same one`, async () => {
    await using h = await startHarness();
    const baseUrl = `${h.upstream.anthropicUrl}${suffix}`;
    const { text } = await collect(h.model('anthropic', { record: { baseUrl } }));
    assert.equal(text, 'You said: Hello');
    assert.equal(h.upstream.requests[0]?.path, '/anthropic/v1/messages');
  });
}

test('usage: input and cache tokens from the start, the output as last reported', async () => {
  await using h = await startHarness();
  const frame = (fields: { type: string }): string =>
    `event: ${fields.type}\ndata: ${JSON.stringify(fields)}\n\n`;
  const usage = {
    input_tokens: 10,
    cache_creation_input_tokens: 4,
    cache_read_input_tokens: 30,
    output_tokens: 1,
  };
  const events = [
    { type: 'message_start', message: { usage } },
    { type: 'ping' },
    { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'xyz' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'ok' } },
    { type: 'content_block_stop', index: 1 },
    { type: 'event_of_tomorrow', value: 1 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 15 } },
    { type: 'message_stop' },
  ];
  h.upstream.enqueue({ steps: [{ do: 'raw', data: events.map(frame).join('') }] });
  const { parts, error } = await collect(h.model('anthropic'));
  assert.equal(error, undefined);
  assert.deepEqual(parts, [
    { type: 'reasoning', text: 'hm' },
    {
      ...{ type: 'usage', promptTokens: 44, completionTokens: 15 },
      details: { cached_tokens: 30, cache_write_tokens: 4 },
    },
    { type: 'text', text: 'ok' },
    { type: 'finish', reason: 'stop' },
  ]);
});

test('usage: a figure that is no number of tokens spoils the prompt until it is said rightly', async () => {
  await using h = await startHarness();
  const ask = async (start: object, delta: object) => {
    const events = [
      { type: 'message_start', message: { usage: start } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'ok' } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: delta },
      { type: 'message_stop' },
    ];
    const data = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
    h.upstream.enqueue({ steps: [{ do: 'raw', data }] });
    const { parts } = await collect(h.model('anthropic'));
    return parts.find((part) => part.type === 'usage');
  };
  const start = { input_tokens: 10, cache_read_input_tokens: -3, output_tokens: 1 };
  assert.equal(await ask(start, { output_tokens: 5 }), undefined);
  assert.deepEqual(await ask(start, { output_tokens: 5, cache_read_input_tokens: 3 }), {
    type: 'usage',
    promptTokens: 13,
    completionTokens: 5,
    details: { cached_tokens: 3 },
  });
  // All of a prompt may be from the cache, and some servers fill later events with zeros.
  const cached = { input_tokens: 0, cache_read_input_tokens: 30 };
  assert.deepEqual(await ask(cached, { input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 5 }), {
    type: 'usage',
    promptTokens: 30,
    completionTokens: 5,
    details: { cached_tokens: 30 },
  });
  assert.deepEqual(await ask({ input_tokens: 10 }, { output_tokens: 1e300 }), {
    type: 'usage',
    promptTokens: 10,
  });
});

test('it continues no prefix, and takes the max_tokens of the model record', async () => {
  await using h = await startHarness();
  h.upstream.setDefault(answer('x'));
  const model = h.model('anthropic', { record: { maxOutputTokens: 123 } });
  assert.equal(model.canContinue, false);
  await collect(model);
  assert.equal(h.upstream.requests[0]?.body?.max_tokens, 123);
});
