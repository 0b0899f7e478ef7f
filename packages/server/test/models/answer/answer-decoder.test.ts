/** What goes through the decoder of answers in batches of several events, of which nobody has taken anything. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createAnswerReader } from '../../../src/models/answer/answer-decoder.ts';
import { AnthropicDecoder } from '../../../src/models/anthropic/decoder.ts';
import type { ModelPart } from '../../../src/models/language-model.ts';
import { OpenAiDecoder } from '../../../src/models/openai/decoder.ts';
import type { WireDecoder } from '../../../src/models/upstream/wire-decoder.ts';

const facts = { provider: 'test', apiKey: undefined, model: 'test' };

function openAi(askedTokens?: number): WireDecoder {
  const read = createAnswerReader(facts, (context) => new OpenAiDecoder(context));
  return read({ messages: [], parameters: {} }, askedTokens)();
}

function anthropic(): WireDecoder {
  const read = createAnswerReader(facts, (context) => new AnthropicDecoder(context));
  return read({ messages: [], parameters: {} }, undefined)();
}

/** Events whose every one bears the figures so far, as vLLM's continuous usage. */
function chunk(content: string, completionTokens: number): string {
  const usage = { prompt_tokens: 5, completion_tokens: completionTokens };
  return JSON.stringify({ choices: [{ index: 0, delta: { content } }], usage });
}

function accept(wire: WireDecoder, events: readonly string[]): ModelPart[] {
  const parts: ModelPart[] = [];
  for (const data of events) wire.accept({ event: undefined, data }, parts);
  return parts;
}

function said(parts: readonly ModelPart[], type: 'text' | 'reasoning'): string {
  return parts.map((part) => (part.type === type ? part.text : '')).join('');
}

describe('figures on every event of one batch', () => {
  test('hide no text from the filter for reasoning', () => {
    const events = [chunk('<think>a', 1), chunk('b</think>Hello ', 2), chunk('wor', 3), chunk('ld', 4)];
    const parts = accept(openAi(), events);
    assert.equal(said(parts, 'reasoning'), 'ab');
    assert.equal(said(parts, 'text'), 'Hello world');
  });

  test('hide no text from the bound on an answer', () => {
    const events = Array.from({ length: 200 }, (_, i) => chunk('x'.repeat(1000), i + 1));
    const parts = accept(openAi(1), events);
    assert.equal(said(parts, 'text').length, 4 + 65_536);
  });

  test('are there once where nothing is held back, and the last of them count', () => {
    const parts = accept(openAi(), [chunk('Hello', 1), chunk(' world', 2), chunk('.', 3)]);
    const figures = parts.filter(({ type }) => type === 'usage');
    assert.deepEqual(figures, [{ type: 'usage', promptTokens: 5, completionTokens: 3 }]);
  });

  test('hide no text in the other format', () => {
    const text = (of: string): string =>
      JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: of } });
    const figures = (count: number): string =>
      JSON.stringify({ type: 'message_delta', delta: {}, usage: { output_tokens: count } });
    const start = { type: 'message_start', message: { usage: { input_tokens: 5, output_tokens: 1 } } };
    const parts = accept(anthropic(), [
      JSON.stringify(start),
      ...[text('<think>a'), figures(2), text('b</think>Hello '), figures(3), text('world'), figures(4)],
    ]);
    assert.equal(said(parts, 'reasoning'), 'ab');
    assert.equal(said(parts, 'text'), 'Hello world');
  });
});

describe('tool calls in many small deltas', () => {
  const call = (delta: object): object => ({ index: 0, function: delta });
  const event = (calls: readonly object[]): string =>
    JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: calls } }] });
  const end = JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] });

  function callsOf(wire: WireDecoder, events: readonly string[]): ModelPart[] {
    const parts = accept(wire, events);
    wire.end(parts);
    return parts.filter(({ type }) => type === 'tool-call');
  }

  test('70,000 deltas of one call in one event are one call', () => {
    const deltas = Array.from({ length: 70_000 }, () => call({ arguments: '1' }));
    const calls = callsOf(openAi(), [event([call({ name: 'f', arguments: '' }), ...deltas]), end]);
    assert.deepEqual(calls, [{ type: 'tool-call', id: 'call_0', name: 'f', arguments: '1'.repeat(70_000) }]);
  });

  test('deltas that repeat the name look no further back than at the last character', () => {
    // As many as the bound on arguments takes; where each looks at all before it, these are 128 GiB.
    const deltas = Array.from({ length: 1 << 18 }, () => call({ name: 'f', arguments: '{{{{' }));
    const events = Array.from({ length: 64 }, (_, i) => event(deltas.slice(i << 12, (i + 1) << 12)));
    const calls = callsOf(openAi(), [...events, end]);
    assert.deepEqual(calls, [{ type: 'tool-call', id: 'call_0', name: 'f', arguments: '{'.repeat(1 << 20) }]);
  });

  test('a delta that begins an object behind a whole one still begins another call', () => {
    const whole = call({ name: 'f', arguments: '{"a":1}' });
    const calls = callsOf(openAi(), [event([whole, call({ arguments: '' }), whole]), end]);
    assert.equal(calls.length, 2);
  });

  test('70,000 calls in one event are 128, and the answer ends there', () => {
    const calls = Array.from({ length: 70_000 }, (_, i) => ({ index: i, function: { name: 'f' } }));
    assert.equal(callsOf(openAi(), [event(calls), end]).length, 128);
  });

  test('70,000 deltas of one call in the other format are one call', () => {
    const block = { type: 'tool_use', id: 't', name: 'f', input: {} };
    const delta = { type: 'input_json_delta', partial_json: '1' };
    const calls = callsOf(anthropic(), [
      JSON.stringify({ type: 'content_block_start', index: 0, content_block: block }),
      ...Array.from({ length: 70_000 }, () =>
        JSON.stringify({ type: 'content_block_delta', index: 0, delta }),
      ),
      JSON.stringify({ type: 'message_stop' }),
    ]);
    assert.deepEqual(calls, [{ type: 'tool-call', id: 't', name: 'f', arguments: '1'.repeat(70_000) }]);
  });

  test('70,000 calls in a whole message of the other format are 128', () => {
    const wire = anthropic();
    const parts: ModelPart[] = [];
    const content = Array.from({ length: 70_000 }, () => ({
      type: 'tool_use',
      id: 't',
      name: 'f',
      input: {},
    }));
    wire.acceptWhole({ type: 'message', content, stop_reason: 'tool_use' }, parts);
    wire.end(parts);
    assert.equal(parts.filter(({ type }) => type === 'tool-call').length, 128);
    assert.deepEqual(parts.at(-1), { type: 'finish', reason: 'length' });
  });
});
