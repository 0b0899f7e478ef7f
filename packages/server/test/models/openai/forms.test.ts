/** The forms of content, choices, tool calls and figures in which servers of OpenAI's format answer. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ModelPart } from '../../../src/models/language-model.ts';
import { ModelError } from '../../../src/models/model-error.ts';
import { readUsage } from '../../../src/models/openai/usage.ts';
import { foldParts } from '../recorded-streams.ts';
import { collect, startHarness } from '../remote-models.ts';

const text = (value: string): ModelPart => ({ type: 'text', text: value });
const reasoning = (value: string): ModelPart => ({ type: 'reasoning', text: value });
const call = (id: string, name: string, json: string): ModelPart => ({
  type: 'tool-call',
  id,
  name,
  arguments: json,
});
const usage = (promptTokens: number, completionTokens: number): ModelPart => {
  return { type: 'usage', promptTokens, completionTokens };
};

const delta = (fields: unknown): object => ({ choices: [{ delta: fields }] });
const calls = (...list: unknown[]): object => delta({ tool_calls: list });
const f = (name: string, json?: unknown): object => ({ name, arguments: json });

const cases: Readonly<Record<string, readonly [chunks: readonly object[], parts: readonly ModelPart[]]>> = {
  'a message in place of the delta': [
    [
      { choices: [{ message: { content: 'He' } }] },
      { choices: [{ message: { content: 'llo', role: 'assistant' } }] },
    ],
    [text('Hello')],
  ],
  'a message that repeats the deltas': [
    [
      delta({ content: 'He' }),
      { choices: [{ delta: { content: 'llo' }, message: { content: 'Hello' } }] },
      { choices: [{ message: { content: 'Hello' } }] },
    ],
    [text('Hello')],
  ],
  'a text in place of the delta': [
    [{ choices: [{ text: 'He' }] }, { choices: [{ text: 'llo' }] }],
    [text('Hello')],
  ],
  'a text beside a delta that says nothing': [
    [
      { choices: [{ delta: null, text: 'He' }] },
      { choices: [{ delta: {}, message: null, text: 'll' }] },
      { choices: [{ delta: { role: 'assistant', content: '' }, text: 'o' }] },
    ],
    [text('Hello')],
  ],
  'a text that repeats the deltas': [
    [{ choices: [{ delta: { content: 'He' }, text: 'He' }] }, { choices: [{ delta: {}, text: 'Hello' }] }],
    [text('He')],
  ],
  'a choice in place of the choices': [
    [{ choices: { index: 0, delta: { content: 'He' } } }, { choices: { delta: { content: 'llo' } } }],
    [text('Hello')],
  ],
  'an index that is null or missing now and then': [
    [
      { choices: [{ index: 0, delta: { content: 'H' } }] },
      { choices: [{ index: null, delta: { content: 'i' } }] },
      delta({ content: '!' }),
    ],
    [text('Hi!')],
  ],
  'a delta that is a text': [[delta('Hel'), delta('lo')], [text('Hello')]],
  'a finish reason beside the text': [
    [{ choices: [{ delta: { content: 'All at once' }, finish_reason: 'stop' }] }],
    [text('All at once')],
  ],
  'text behind a finish reason': [
    [{ choices: [{ delta: { content: 'One' }, finish_reason: 'stop' }] }, delta({ content: ' two' })],
    [text('One two')],
  ],
  'content as parts of every kind': [
    [
      delta({
        content: [{ type: 'text', text: 'a' }, 'b', { text: 'c' }, { type: 'output_text', text: 'd' }],
      }),
      delta({
        content: [{ type: 'text', text: { value: 'e' } }, null, 7, { type: 'image_url', image_url: {} }],
      }),
      delta({ content: { type: 'text', text: 'f' } }),
      delta({ content: [[['g'], { content: 'h' }], { type: 'refusal', refusal: 'i' }] }),
    ],
    [text('abcdefghi')],
  ],
  'reasoning under all its names': [
    [
      delta({ reasoning_content: 'a' }),
      delta({ reasoning: 'b', reasoning_content: '' }),
      delta({ thinking: 'c' }),
      delta({ reasoning: { content: 'd' } }),
      delta({ reasoning_details: [{ type: 'reasoning.text', text: 'e' }] }),
      delta({ thinking_blocks: [{ type: 'thinking', thinking: 'f', signature: 'x' }] }),
      delta({ reasoning_text: 'g', content: null }),
      delta({
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'h' }] },
          { type: 'text', text: 'i' },
        ],
      }),
      delta({ content: [{ type: 'reasoning', text: 'j' }] }),
    ],
    [reasoning('abcdefgh'), text('i'), reasoning('j')],
  ],
  'reasoning that is said twice': [
    [delta({ reasoning_content: 'once', reasoning: 'once', reasoning_details: [{ text: 'once' }] })],
    [reasoning('once')],
  ],
  'null and missing choices, and deltas with a role only': [
    [
      { choices: null },
      {},
      { id: 'x', choices: [] },
      { choices: [null, 3] },
      delta({ role: 'assistant' }),
      delta({ content: 'a' }),
    ],
    [text('a')],
  ],
  'the first of several choices, whatever its index': [
    [
      {
        choices: [
          { index: 3, delta: { content: 'a' } },
          { index: 0, delta: { content: 'x' } },
        ],
      },
      { choices: [{ index: 0, delta: { content: 'y' }, finish_reason: 'length' }] },
      { choices: [{ index: 3, delta: { content: 'b' } }] },
    ],
    [text('ab')],
  ],
  'tool calls by index, with the id on every delta': [
    [
      calls({ index: 0, id: 'a', function: f('f', '{"x"') }),
      calls({ index: 1, id: 'b', function: f('g', '') }),
      calls({ index: 0, id: 'a', function: f('f', ':1}') }, { index: 1, id: 'b', function: f('g', '{}') }),
    ],
    [call('a', 'f', '{"x":1}'), call('b', 'g', '{}')],
  ],
  'tool calls without an index, by id or in turn': [
    [
      calls({ id: 'a', function: f('f', '{"x"') }),
      calls({ function: { arguments: ':1}' } }),
      calls({ id: 'b', function: f('f', '{"y"') }),
      calls({ id: 'b', function: { arguments: ':2}' } }),
    ],
    [call('a', 'f', '{"x":1}'), call('b', 'f', '{"y":2}')],
  ],
  'tool calls whole, without ids, at one index': [
    [
      calls({ index: 0, function: f('f', '{"x":1}') }),
      calls({ index: 0, function: f('f', '{"x":2}') }),
      calls({ index: 0, function: f('g', {}) }),
    ],
    [call('call_0', 'f', '{"x":1}'), call('call_1', 'f', '{"x":2}'), call('call_2', 'g', '{}')],
  ],
  'tool calls that share an id': [
    [calls({ index: 0, id: 'a', function: f('f', '{}') }, { index: 1, id: 'a', function: f('g', '{}') })],
    [call('a', 'f', '{}'), call('call_1', 'g', '{}')],
  ],
  'arguments as an object, and a call without any': [
    [
      calls(
        { index: 0, id: 'a', function: f('f', { q: ['é'] }) },
        { index: 1, id: 'b', function: { name: 'g' } },
        null,
      ),
    ],
    [call('a', 'f', '{"q":["é"]}'), call('b', 'g', '{}')],
  ],
  'usage beside choices, later zeros and nonsense left out': [
    [
      { ...delta({ content: 'a' }), usage: { prompt_tokens: 5, completion_tokens: 1 } },
      { ...delta({ content: 'b' }), usage: { prompt_tokens: 5, completion_tokens: 2 } },
      { choices: [], usage: { prompt_tokens: 0, completion_tokens: 0 } },
      { choices: [], usage: { prompt_tokens: -1, completion_tokens: 2.5 } },
      { choices: [], usage: null },
    ],
    [text('ab'), usage(5, 2)],
  ],
};

describe('openai forms', () => {
  for (const [name, [chunks, parts]] of Object.entries(cases)) {
    test(name, async () => {
      await using h = await startHarness();
      const frames = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
      for (const pieces of [[frames.join('')], frames]) {
        h.upstream.enqueue({
          steps: [...pieces.map((data) => ({ do: 'raw', data }) as const), { do: 'end' }],
        });
        const { error, ...read } = await collect(h.model());
        assert.equal(error, undefined);
        assert.deepEqual(foldParts(read.parts), [...parts, { type: 'finish', reason: 'stop' }]);
      }
    });
  }

  test('a whole completion, in whatever form, and one that reports a failure', async () => {
    await using h = await startHarness();
    const whole = (body: unknown) =>
      h.upstream.enqueue({ body, headers: { 'content-type': 'application/json' } });
    whole({
      choices: [
        { message: { content: [{ type: 'text', text: 'Hi' }], reasoning: 'hm' }, finish_reason: 'eos' },
      ],
    });
    whole({
      choices: [{ text: 'Hi', finish_reason: 'MAX_TOKENS' }],
      usage: { prompt_tokens: 3, completion_tokens: 1 },
    });
    whole({ choices: [{ message: { content: '<think>hm</think>Hi' } }] });
    whole({ choices: [{ message: { content: null, tool_calls: [{ id: 'a', function: f('f', {}) }] } }] });
    const read = async () => foldParts((await collect(h.model())).parts);
    assert.deepEqual(await read(), [reasoning('hm'), text('Hi'), { type: 'finish', reason: 'stop' }]);
    assert.deepEqual(await read(), [text('Hi'), usage(3, 1), { type: 'finish', reason: 'length' }]);
    assert.deepEqual(await read(), [reasoning('hm'), text('Hi'), { type: 'finish', reason: 'stop' }]);
    assert.deepEqual(await read(), [call('a', 'f', '{}'), { type: 'finish', reason: 'stop' }]);
    const model = h.model('openai', { runtime: { maxRetries: 0 } });
    for (const body of [
      { choices: [] },
      { choices: [{ message: {}, error: { message: 'bad' } }] },
      { detail: 'bad' },
    ]) {
      whole(body);
      const { error } = await collect(model);
      assert.ok(error instanceof ModelError, JSON.stringify(body));
    }
  });

  test('the setting of the model that turns reading of marks off', async () => {
    await using h = await startHarness();
    const frames = `data: ${JSON.stringify(delta({ content: '<think>hm</think>Hi' }))}\n\n`;
    h.upstream.enqueue({ steps: [{ do: 'raw', data: frames }, { do: 'end' }] });
    const { parts } = await collect(h.model('openai', { record: { thinkTags: 'off' } }));
    assert.deepEqual(parts, [text('<think>hm</think>Hi'), { type: 'finish', reason: 'stop' }]);
  });
});

describe('figures', () => {
  const told: readonly (readonly [usage: Record<string, unknown>, prompt: unknown, completion: unknown])[] = [
    [{ prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 }, 5, 7],
    [{ prompt_tokens: 2 ** 31 - 1, completion_tokens: 1 }, 2 ** 31 - 1, 1],
    [{ input_tokens: 5, output_tokens: 7 }, 5, 7],
    [{ prompt_tokens: 5 }, 5, 0],
    // OpenAI counts reasoning in, xAI and Gemini count it apart.
    [
      {
        prompt_tokens: 5,
        completion_tokens: 7,
        total_tokens: 12,
        completion_tokens_details: { reasoning_tokens: 6 },
      },
      5,
      7,
    ],
    [
      {
        prompt_tokens: 5,
        completion_tokens: 7,
        total_tokens: 18,
        completion_tokens_details: { reasoning_tokens: 6 },
      },
      5,
      13,
    ],
    [{ prompt_tokens: 5, completion_tokens: 7, total_tokens: 40 }, 5, 35],
    // Without a total: what is more than the whole is no part of it.
    [{ prompt_tokens: 5, completion_tokens: 7, completion_tokens_details: { reasoning_tokens: 60 } }, 5, 67],
    [{ prompt_tokens: 5, completion_tokens: 7, completion_tokens_details: { reasoning_tokens: 6 } }, 5, 7],
    [
      {
        prompt_tokens: 5,
        completion_tokens: 2 ** 31 - 2,
        completion_tokens_details: { reasoning_tokens: 2 ** 31 - 1 },
      },
      5,
      undefined,
    ],
    // A rest that reasoning does not explain.
    [
      {
        prompt_tokens: 5,
        completion_tokens: 7,
        total_tokens: 40,
        completion_tokens_details: { reasoning_tokens: 6 },
      },
      5,
      7,
    ],
    [{ prompt_tokens: 5, completion_tokens: 7, total_tokens: 1e300 }, 5, 7],
    ...[11.5, 2 ** 31, 3e9, 1e300, -1, '12', Number.NaN, true, {}].map(
      (figure) => [{ prompt_tokens: figure, completion_tokens: figure }, undefined, undefined] as const,
    ),
  ];
  for (const [said, prompt, completion] of told) {
    test(JSON.stringify(said), () => {
      const { details, ...figures } = readUsage(said);
      assert.deepEqual(figures, { prompt, completion });
    });
  }

  const totals = { prompt_tokens: 50, completion_tokens: 7 };
  const detailed: readonly (readonly [usage: object, details: object | undefined])[] = [
    [{}, undefined],
    [
      {
        prompt_tokens_details: { cached_tokens: 16, cache_write_tokens: 8, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 6 },
      },
      { cached_tokens: 16, cache_write_tokens: 8, reasoning_tokens: 6 },
    ],
    [{ input_tokens_details: { cached_tokens: 16 } }, { cached_tokens: 16 }],
    [{ output_tokens_details: { reasoning_tokens: 6 } }, { reasoning_tokens: 6 }],
    [{ prompt_cache_hit_tokens: 16, prompt_cache_miss_tokens: 34 }, { cached_tokens: 16 }],
    [
      { cached_tokens: 16, reasoning_tokens: 6 },
      { cached_tokens: 16, reasoning_tokens: 6 },
    ],
    // None, and what is no figure, is not told.
    [{ prompt_tokens_details: { cached_tokens: 0 }, completion_tokens_details: null }, undefined],
    [
      { prompt_tokens_details: { cached_tokens: '16', cache_write_tokens: -1 }, cached_tokens: 1.5 },
      undefined,
    ],
  ];
  for (const [told, details] of detailed)
    test(`details of ${JSON.stringify(told)}`, () =>
      assert.deepEqual(readUsage({ ...totals, ...told }).details, details));
});
