/** The table of finish reasons: what providers say, in any spelling, and what is made of a reason that nobody knows. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answer, type Step } from 'colloquy-testkit/upstream/scripted-upstream';
import { type FinishMeaning, finishMeaning } from '../../../src/models/answer/finish-reason.ts';
import { ModelError } from '../../../src/models/model-error.ts';
import { collect, startHarness, wires } from '../remote-models.ts';

/** By provider: the reasons of its documentation. */
const said: readonly (readonly [provider: string, reasons: Readonly<Record<string, FinishMeaning>>])[] = [
  ['OpenAI', { stop: 'stop', length: 'length', tool_calls: 'tool_calls', content_filter: 'content_filter' }],
  [
    'Anthropic',
    {
      end_turn: 'stop',
      max_tokens: 'length',
      stop_sequence: 'stop',
      tool_use: 'tool_calls',
      pause_turn: 'stop',
      refusal: 'content_filter',
      model_context_window_exceeded: 'length',
    },
  ],
  [
    'Gemini',
    {
      STOP: 'stop',
      MAX_TOKENS: 'length',
      SAFETY: 'content_filter',
      RECITATION: 'content_filter',
      BLOCKLIST: 'content_filter',
      PROHIBITED_CONTENT: 'content_filter',
      SPII: 'content_filter',
      MALFORMED_FUNCTION_CALL: 'error',
      UNEXPECTED_TOOL_CALL: 'error',
      FINISH_REASON_UNSPECIFIED: 'none',
      FINISH_REASON_SAFETY: 'content_filter',
      OTHER: 'unknown',
      'content_filter: RECITATION': 'content_filter',
      'content_filter: OTHER': 'content_filter',
      'function_call_filter: MALFORMED_FUNCTION_CALL': 'error',
    },
  ],
  ['Mistral', { stop: 'stop', length: 'length', model_length: 'length', error: 'error' }],
  ['DeepSeek', { stop: 'stop', insufficient_system_resource: 'error' }],
  ['xAI', { stop: 'stop', length: 'length', REASON_MAX_LEN: 'length', REASON_STOP: 'stop' }],
  ['Zhipu', { sensitive: 'content_filter', network_error: 'error', model_context_window_exceeded: 'length' }],
  ['Qwen', { null: 'none', stop: 'stop' }],
  ['vLLM and SGLang', { abort: 'error', stop: 'stop' }],
  ['TGI', { eos_token: 'stop', stop_sequence: 'stop', length: 'length' }],
  [
    'Cohere',
    { COMPLETE: 'stop', MAX_TOKENS: 'length', ERROR_TOXIC: 'content_filter', TOOL_CALL: 'tool_calls' },
  ],
  ['Bedrock', { guardrail_intervened: 'content_filter', content_filtered: 'content_filter' }],
  ['Together', { eos: 'stop', function_call: 'tool_calls' }],
];

for (const [provider, reasons] of said) {
  test(`the finish reasons of ${provider}`, () => {
    for (const [reason, meaning] of Object.entries(reasons))
      assert.equal(finishMeaning(reason), meaning, reason);
  });
}

test('a reason is read in any spelling', () => {
  for (const reason of ['max_tokens', 'MAX_TOKENS', 'max-tokens', 'MaxTokens', 'maxTokens', ' Max Tokens '])
    assert.equal(finishMeaning(reason), 'length', reason);
  for (const reason of ['', ' ', null, undefined, 7, {}, 'NULL', 'none'])
    assert.equal(finishMeaning(reason), 'none');
});

for (const wire of wires) {
  describe(`${wire} finish reasons`, () => {
    const meant = [
      ['MAX-TOKENS', 'length'],
      ['Sensitive', 'content_filter'],
      ['EOS', 'stop'],
    ] as const;
    for (const [reason, meaning] of meant) {
      test(`${reason} is ${meaning}`, async () => {
        await using h = await startHarness();
        h.upstream.enqueue(answer('x', { finishReason: reason }));
        const { parts } = await collect(h.model(wire));
        assert.deepEqual(parts.at(-1), { type: 'finish', reason: meaning });
      });
    }

    for (const reason of [
      'network_error',
      'abort',
      'MALFORMED_FUNCTION_CALL',
      'insufficient_system_resource',
    ]) {
      test(`${reason} is an error that keeps the text, and is retried where there is none`, async () => {
        await using h = await startHarness();
        h.upstream.enqueue(answer('some text', { finishReason: reason }));
        const broken = await collect(h.model(wire));
        assert.ok(broken.error instanceof ModelError);
        assert.equal(broken.error.code, 'provider_error');
        assert.match(broken.error.message, new RegExp(reason));
        assert.equal(broken.text, 'some text');
        h.upstream.enqueue({ steps: [{ do: 'finish', reason }, { do: 'end' }] });
        const repeated = await collect(h.model(wire));
        assert.equal(repeated.text, 'You said: Hello');
      });
    }

    test('a filter and a bound may leave nothing of an answer', async () => {
      await using h = await startHarness();
      for (const reason of ['content_filter', 'max_tokens']) {
        const steps: Step[] = [{ do: 'finish', reason }, { do: 'end' }];
        h.upstream.enqueue({ steps });
        const { parts, error } = await collect(h.model(wire));
        assert.equal(error, undefined);
        assert.equal(parts.at(-1)?.type, 'finish');
      }
      assert.equal(h.upstream.requests.length, 2);
    });

    test('an unknown reason is stop after a text, logged once, and an error that names it without', async () => {
      await using h = await startHarness();
      const lines: object[] = [];
      const note = (details: object): void => void lines.push(details);
      const logger = { debug: note, info: note, warn: note, error: note };
      const model = h.model(wire, { runtime: { logger, maxRetries: 0 } });
      for (let i = 0; i < 2; i += 1) {
        h.upstream.enqueue(answer('fine', { finishReason: 'brand_new' }));
        const { parts, text } = await collect(model);
        assert.equal(text, 'fine');
        assert.deepEqual(parts.at(-1), { type: 'finish', reason: 'stop' });
      }
      assert.equal(lines.length, 1);
      assert.match(JSON.stringify(lines), /brand_new/);
      h.upstream.enqueue({
        steps: [{ do: 'finish', reason: `brand_new${'x'.repeat(5000)}` }, { do: 'end' }],
      });
      const { error } = await collect(model);
      assert.ok(error instanceof ModelError);
      assert.match(error.message, /brand_new/);
      assert.ok(error.message.length < 300);
      for (let i = 0; i < 100; i += 1) {
        h.upstream.enqueue(answer('fine', { finishReason: `novelty ${i}` }));
        await collect(model);
      }
      assert.ok(lines.length <= 16, 'the log of a model is bounded');
    });
  });
}
