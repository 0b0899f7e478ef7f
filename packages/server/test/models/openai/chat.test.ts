/** The common promises of both wire formats: parts, their order, the end, and the requests. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answer, gate, type Step } from 'colloquy-testkit/upstream/scripted-upstream';
import type { TokenField } from '../../../src/domain/model.ts';
import type { ModelPart } from '../../../src/models/language-model.ts';
import { ModelError } from '../../../src/models/model-error.ts';
import { type OpenAiQuirks, writeOpenAiBody } from '../../../src/models/openai/request.ts';
import { openai } from '../../../src/models/providers/openai.ts';
import { apiKey, collect, hello, startHarness, wires } from '../remote-models.ts';

for (const wire of wires) {
  describe(`${wire} stream`, () => {
    test('text, reasoning, usage and finish arrive in order, finish last and once', async () => {
      await using h = await startHarness();
      h.upstream.enqueue(answer('Hello there, world', { reasoning: ['Think', 'ing'] }));
      const { parts, error } = await collect(h.model(wire));
      assert.equal(error, undefined);
      assert.deepEqual(parts, [
        { type: 'reasoning', text: 'Think' },
        { type: 'reasoning', text: 'ing' },
        { type: 'text', text: 'Hello' },
        { type: 'text', text: ' there,' },
        { type: 'text', text: ' world' },
        { type: 'usage', promptTokens: 10, completionTokens: 3 },
        { type: 'finish', reason: 'stop' },
      ] satisfies ModelPart[]);
    });

    test('without usage there is none, though Anthropic begins with zeros', async () => {
      await using h = await startHarness();
      h.upstream.enqueue(answer('Hi', { usage: null }));
      const { parts } = await collect(h.model(wire));
      assert.ok(parts.every((part) => part.type !== 'usage'));
      assert.deepEqual(parts.at(-1), { type: 'finish', reason: 'stop' });
    });

    test('a chunk is one batch and comes before the next chunk is sent', async () => {
      await using h = await startHarness();
      const door = gate();
      const steps: Step[] = [
        { do: 'tokens', tokens: ['a', 'b'] },
        door.step,
        { do: 'tokens', tokens: ['c'] },
        { do: 'finish' },
        { do: 'end' },
      ];
      h.upstream.enqueue({ steps });
      const batches: string[] = [];
      for await (const batch of h.model(wire).stream(hello, { signal: new AbortController().signal })) {
        batches.push(batch.map((part) => (part.type === 'text' ? part.text : part.type)).join(' '));
        door.release();
      }
      assert.equal(batches[0], 'a b');
      assert.ok(batches.length >= 2);
    });

    test('tool calls come whole, after the text', async () => {
      await using h = await startHarness();
      const steps: Step[] = [
        { do: 'tokens', tokens: ['Looking'] },
        { do: 'tool-call', id: 'c1', name: 'search', arguments: '{"q":"Grüße 🎉"}', pieces: 5 },
        { do: 'tool-call', id: 'c2', name: 'now', arguments: '' },
        { do: 'finish', reason: wire === 'openai' ? 'tool_calls' : 'tool_use' },
        { do: 'end' },
      ];
      h.upstream.enqueue({ steps });
      const { parts } = await collect(h.model(wire));
      assert.deepEqual(
        parts.filter((part) => part.type !== 'usage'),
        [
          { type: 'text', text: 'Looking' },
          { type: 'tool-call', id: 'c1', name: 'search', arguments: '{"q":"Grüße 🎉"}' },
          { type: 'tool-call', id: 'c2', name: 'now', arguments: '{}' },
          { type: 'finish', reason: 'tool_calls' },
        ],
      );
    });

    const reasons: readonly (readonly [string, string])[] =
      wire === 'openai'
        ? [
            ['stop', 'stop'],
            ['length', 'length'],
            ['content_filter', 'content_filter'],
            ['function_call', 'tool_calls'],
            ['model_length', 'length'],
            ['brand_new', 'stop'],
          ]
        : [
            ['end_turn', 'stop'],
            ['stop_sequence', 'stop'],
            ['max_tokens', 'length'],
            ['refusal', 'content_filter'],
            ['tool_use', 'tool_calls'],
            ['pause_turn', 'stop'],
          ];
    for (const [said, meant] of reasons) {
      test(`finish reason ${said} is ${meant}`, async () => {
        await using h = await startHarness();
        h.upstream.enqueue(answer('x', { finishReason: said }));
        const { parts } = await collect(h.model(wire));
        assert.deepEqual(parts.at(-1), { type: 'finish', reason: meant });
      });
    }

    test('an answer without text that was cut for its length is a finish alone', async () => {
      await using h = await startHarness();
      const reason = wire === 'openai' ? 'length' : 'max_tokens';
      h.upstream.enqueue({ steps: [{ do: 'finish', reason }, { do: 'end' }] });
      const { parts, error } = await collect(h.model(wire));
      assert.equal(error, undefined);
      assert.deepEqual(parts.at(-1), { type: 'finish', reason: 'length' });
    });
    for (const steps of [[{ do: 'finish' }, { do: 'end' }], [{ do: 'end' }]] satisfies Step[][]) {
      test(`an answer that is ${steps.map((step) => step.do).join(' and ')} alone is none`, async () => {
        await using h = await startHarness();
        h.upstream.enqueue({ steps });
        const { text, error } = await collect(h.model(wire));
        assert.equal(error, undefined);
        assert.equal(text, 'You said: Hello', 'it was asked once more');
        h.upstream.setDefault({ steps });
        const failed = await collect(h.model(wire));
        assert.ok(failed.error instanceof ModelError);
        assert.match(failed.error.message, /without a word/);
        assert.deepEqual(failed.parts, []);
      });
    }

    test('a connection that stays open after the end delays nothing', async () => {
      await using h = await startHarness();
      h.upstream.enqueue({
        steps: [{ do: 'tokens', tokens: ['x'] }, { do: 'finish' }, { do: 'end' }, { do: 'stall' }],
      });
      const { text, error } = await collect(h.model(wire));
      assert.equal(error, undefined);
      assert.equal(text, 'x');
      assert.equal(await h.upstream.requests[0]?.closed, 'aborted');
    });

    test('streams share no state, and sockets are kept for the next call', async () => {
      await using h = await startHarness();
      const model = h.model(wire);
      const texts = await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          collect(model, { messages: [{ role: 'user', text: `number ${i}` }], parameters: {} }),
        ),
      );
      assert.deepEqual(
        texts.map(({ text }) => text),
        Array.from({ length: 40 }, (_, i) => `You said: number ${i}`),
      );
      const open = await h.upstream.openConnections();
      assert.ok(open <= 40);
      await collect(model);
      assert.equal(await h.upstream.openConnections(), open);
    });
  });
}

describe('openai request', () => {
  test('parameters, messages and credential go out as the format names them', async () => {
    await using h = await startHarness();
    await collect(h.model(), {
      messages: [
        { role: 'system', text: 'Be brief.' },
        { role: 'user', text: 'Hi' },
      ],
      parameters: { temperature: 0.5, topP: 0.9, maxTokens: 7, stop: ['END'], seed: 3 },
    });
    const sent = h.upstream.requests[0];
    assert.equal(sent?.path, '/v1/chat/completions');
    assert.equal(sent?.headers.authorization, `Bearer ${apiKey}`);
    assert.deepEqual(sent?.body, {
      model: 'scripted',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 7,
      temperature: 0.5,
      top_p: 0.9,
      stop: ['END'],
      seed: 3,
    });
  });

  test('a model without a key sends no credential; a record without parameters sends none', async () => {
    await using h = await startHarness();
    await collect(h.model('openai', { record: { apiKey: undefined, maxOutputTokens: 50 } }));
    const sent = h.upstream.requests[0];
    assert.equal(sent?.headers.authorization, undefined);
    assert.deepEqual(Object.keys(sent?.body ?? {}).sort(), [
      'max_tokens',
      'messages',
      'model',
      'stream',
      'stream_options',
    ]);
    assert.equal(sent?.body?.max_tokens, 50);
  });

  test('continuing the last message asks for it in the words of vLLM', async () => {
    await using h = await startHarness();
    h.upstream.enqueue(answer(' world'));
    const model = h.model('openai', { record: { canContinue: true } });
    assert.equal(model.canContinue, true);
    const { text } = await collect(model, {
      messages: [...hello.messages, { role: 'assistant', text: 'Hello' }],
      parameters: {},
      continueLast: true,
    });
    assert.equal(text, ' world');
    const body = h.upstream.requests[0]?.body;
    assert.equal(body?.continue_final_message, true);
    assert.equal(body?.add_generation_prompt, false);
  });

  test('a continuation may be at its end already', async () => {
    await using h = await startHarness();
    h.upstream.enqueue({ steps: [{ do: 'finish' }, { do: 'end' }] });
    const { parts, error } = await collect(h.model('openai', { record: { canContinue: true } }), {
      messages: [...hello.messages, { role: 'assistant', text: 'Hello.' }],
      parameters: {},
      continueLast: true,
    });
    assert.equal(error, undefined);
    assert.deepEqual(parts, [{ type: 'finish', reason: 'stop' }]);
  });

  test('Mistral and Google get what they understand', async () => {
    await using h = await startHarness();
    const request = { ...hello, parameters: { seed: 5 } };
    await collect(h.model('openai', { record: { provider: 'mistral' } }), request);
    await collect(h.model('openai', { record: { provider: 'google' } }), request);
    const [mistral, google] = h.upstream.requests.map((sent) => sent.body);
    assert.equal(mistral?.random_seed, 5);
    assert.equal(mistral?.seed, undefined);
    assert.equal(mistral?.stream_options, undefined);
    assert.equal(google?.seed, undefined);
    assert.deepEqual(google?.stream_options, { include_usage: true });
  });
});

test('the bound on the answer has the name that the setting says, else that of the provider', () => {
  const bodyWith = (tokenField: TokenField, quirks: OpenAiQuirks = {}) => {
    const request = { ...hello, parameters: { maxTokens: 5 } };
    return writeOpenAiBody('m', request, quirks, { tokenField }, new Set()).fields;
  };
  const ofOpenAi = bodyWith('auto', openai.quirks);
  assert.deepEqual([ofOpenAi.max_completion_tokens, ofOpenAi.max_tokens], [5, undefined]);
  const elsewhere = bodyWith('auto');
  assert.deepEqual([elsewhere.max_completion_tokens, elsewhere.max_tokens], [undefined, 5]);
  const told = bodyWith('max_completion_tokens');
  assert.deepEqual([told.max_completion_tokens, told.max_tokens], [5, undefined]);
});

test('a server at another address than OpenAI’s gets max_tokens first', async () => {
  await using h = await startHarness();
  const request = { ...hello, parameters: { maxTokens: 5 } };
  await collect(h.model('openai', { record: { provider: 'openai' } }), request);
  assert.equal(h.upstream.requests[0]?.body?.max_tokens, 5);
});

describe('openai dialects of other servers', () => {
  const cases: readonly { name: string; chunks: readonly object[]; expected: readonly ModelPart[] }[] = [
    {
      name: 'reasoning under its other name (vLLM, OpenRouter)',
      chunks: [
        { choices: [{ delta: { reasoning: 'hm', content: '' } }] },
        { choices: [{ delta: { content: 'ok' } }] },
      ],
      expected: [
        { type: 'reasoning', text: 'hm' },
        { type: 'text', text: 'ok' },
      ],
    },
    {
      name: 'content as a list with thinking (Mistral)',
      chunks: [
        {
          choices: [{ delta: { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] } }],
        },
        { choices: [{ delta: { content: [{ type: 'text', text: 'ok' }] } }] },
      ],
      expected: [
        { type: 'reasoning', text: 'hm' },
        { type: 'text', text: 'ok' },
      ],
    },
    {
      name: 'tool calls that all bear the index 0, or none (Google, Ollama)',
      chunks: [
        {
          choices: [
            { delta: { tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }] } },
          ],
        },
        {
          choices: [
            { delta: { tool_calls: [{ index: 0, id: 'b', function: { name: 'g', arguments: '{}' } }] } },
          ],
        },
        { choices: [{ delta: { tool_calls: [{ id: 'c', function: { name: 'h', arguments: '{}' } }] } }] },
      ],
      expected: [
        { type: 'tool-call', id: 'a', name: 'f', arguments: '{}' },
        { type: 'tool-call', id: 'b', name: 'g', arguments: '{}' },
        { type: 'tool-call', id: 'c', name: 'h', arguments: '{}' },
      ],
    },
    {
      name: 'cumulative usage on every chunk: the last one counts',
      chunks: [
        { choices: [{ delta: { content: 'a' } }], usage: { prompt_tokens: 5, completion_tokens: 1 } },
        { choices: [{ delta: { content: 'b' } }], usage: { prompt_tokens: 5, completion_tokens: 2 } },
      ],
      expected: [
        { type: 'text', text: 'a' },
        { type: 'usage', promptTokens: 5, completionTokens: 2 },
        { type: 'text', text: 'b' },
      ],
    },
    {
      name: 'fields that are null, of another type, or unknown',
      chunks: [
        { choices: null, error: null },
        { choices: [null] },
        { choices: [{ delta: null, logprobs: 1 }] },
        { choices: [{ delta: { content: null, tool_calls: [null] } }] },
        { choices: [{ delta: { content: 'ok', role: 'assistant' } }], usage: null, new_thing: {} },
      ],
      expected: [{ type: 'text', text: 'ok' }],
    },
    {
      name: 'a refusal is text',
      chunks: [{ choices: [{ delta: { refusal: 'I cannot.' } }] }],
      expected: [{ type: 'text', text: 'I cannot.' }],
    },
  ];
  for (const { name, chunks, expected } of cases) {
    test(name, async () => {
      await using h = await startHarness();
      const frames = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('');
      h.upstream.enqueue({ steps: [{ do: 'raw', data: frames }, { do: 'end' }] });
      const { parts, error } = await collect(h.model());
      assert.equal(error, undefined);
      assert.deepEqual(parts, [...expected, { type: 'finish', reason: 'stop' }]);
    });
  }

  test('a finish reason is an end, also without [DONE]', async () => {
    await using h = await startHarness();
    h.upstream.enqueue({
      steps: [
        { do: 'tokens', tokens: ['x'] },
        { do: 'finish', reason: 'length' },
      ],
    });
    const { parts, error } = await collect(h.model());
    assert.equal(error, undefined);
    assert.deepEqual(parts.at(-1), { type: 'finish', reason: 'length' });
  });

  test('a server that neither closes nor says [DONE] after the finish reason is not waited for', async () => {
    await using h = await startHarness();
    h.upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['x'] }, { do: 'finish' }, { do: 'stall' }] });
    const timeouts = { connectMs: 5_000, firstTokenMs: 5_000, idleMs: 20 };
    const { parts, error } = await collect(h.model('openai', { runtime: { timeouts } }));
    assert.equal(error, undefined);
    assert.deepEqual(parts.at(-1), { type: 'finish', reason: 'stop' });
  });
});
