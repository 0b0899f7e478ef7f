/** The bounds of one answer: its text, its tool calls, and what one event may hold. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Step } from 'colloquy-testkit/upstream/scripted-upstream';
import type { ModelPart } from '../../../src/models/language-model.ts';
import { ModelError } from '../../../src/models/model-error.ts';
import { OpenAiDecoder } from '../../../src/models/openai/decoder.ts';
import { collect, hello, startHarness, wires } from '../remote-models.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

/** A model that goes on and on. */
function endless(token: string, count: number, reasoning = false): Step[] {
  const steps: Step[] = [];
  for (let i = 0; i < count; i += 1) steps.push({ do: 'tokens', tokens: [token], reasoning });
  return [...steps, { do: 'stall' }];
}

for (const wire of wires) {
  describe(`${wire} sizes`, () => {
    test('an answer is cut at four characters for each token asked for and 64 KiB, and its call ends', async () => {
      await using h = await startHarness();
      h.upstream.enqueue({ steps: endless('0123456789abcdef'.repeat(64), 80) });
      const request = { ...hello, parameters: { maxTokens: 100 } };
      const { text, parts, error } = await collect(h.model(wire), request);
      assert.equal(error, undefined);
      assert.equal(text.length, 400 + 64 * KiB);
      assert.deepEqual(parts.at(-1), { type: 'finish', reason: 'length' });
      assert.equal(await h.upstream.requests[0]?.closed, 'aborted');
    });

    test('reasoning counts, and so does what a model record asks for', async () => {
      await using h = await startHarness();
      h.upstream.enqueue({ steps: endless('x'.repeat(1000), 80, true) });
      const { text, reasoning, parts } = await collect(h.model(wire, { record: { maxOutputTokens: 250 } }));
      assert.equal(text, '');
      assert.equal(reasoning.length, 1000 + 64 * KiB);
      assert.deepEqual(parts.at(-1), { type: 'finish', reason: 'length' });
    });

    test('an answer that keeps to its bound is whole, however many tokens it has', async () => {
      await using h = await startHarness();
      const tokens = Array.from({ length: 2000 }, () => 'x'.repeat(32));
      h.upstream.enqueue({ steps: [{ do: 'tokens', tokens }, { do: 'finish' }, { do: 'end' }] });
      const { text, parts } = await collect(h.model(wire), { ...hello, parameters: { maxTokens: 1 } });
      assert.equal(text.length, 64_000);
      assert.deepEqual(parts.at(-1), { type: 'finish', reason: 'stop' });
    });

    test('without a bound that was set, 8 MiB are taken', async () => {
      await using h = await startHarness();
      h.upstream.enqueue({ steps: endless('x'.repeat(512 * KiB), 18) });
      const { text, parts } = await collect(h.model(wire));
      assert.equal(text.length, 8 * MiB);
      assert.deepEqual(parts.at(-1), { type: 'finish', reason: 'length' });
    });

    for (const [extraBody, expected] of [
      [{ max_tokens: 50_000 }, 200_000 + 64 * KiB],
      [{ max_completion_tokens: 50_000, max_tokens: 10 }, 200_000 + 64 * KiB],
      [{ max_tokens: null }, 512 * KiB],
      [{ temperature: 1 }, 1000 + 64 * KiB],
    ] as const) {
      test(`the model's own ${JSON.stringify(extraBody)} is what was asked for`, async () => {
        await using h = await startHarness();
        h.upstream.enqueue({
          steps: [...endless('x'.repeat(64 * KiB), 8).slice(0, -1), { do: 'finish' }, { do: 'end' }],
        });
        const { text } = await collect(h.model(wire, { record: { extraBody, maxOutputTokens: 250 } }));
        assert.equal(text.length, expected);
      });
    }

    test('the figures of an answer that is cut are kept', async () => {
      await using h = await startHarness();
      const usage: Step = { do: 'usage', promptTokens: 7, completionTokens: 900 };
      const [first, ...more] = endless('x'.repeat(1000), 80);
      h.upstream.enqueue({ steps: [first as Step, usage, ...more] });
      const { parts } = await collect(h.model(wire), { ...hello, parameters: { maxTokens: 1 } });
      const figures = parts.filter((part) => part.type === 'usage');
      assert.deepEqual(figures, [{ type: 'usage', promptTokens: 7, completionTokens: 900 }]);
    });

    test('an answer has at most 128 tool calls', async () => {
      await using h = await startHarness();
      const calls = Array.from({ length: 200 }, (_, i): Step => {
        return { do: 'tool-call', id: `c${i}`, name: 'f', arguments: '{}' };
      });
      h.upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['I call.'] }, ...calls, { do: 'stall' }] });
      const { parts, text, error } = await collect(h.model(wire));
      assert.equal(error, undefined);
      assert.equal(text, 'I call.');
      assert.equal(parts.filter((part) => part.type === 'tool-call').length, 128);
      assert.deepEqual(parts.at(-1), { type: 'finish', reason: 'length' });
    });

    test('arguments that are too long are an error that keeps the text', async () => {
      await using h = await startHarness();
      const call: Step = { do: 'tool-call', id: 'c', name: 'f', arguments: 'x'.repeat(2 * MiB), pieces: 400 };
      h.upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['I call.'] }, call, { do: 'stall' }] });
      const { text, error } = await collect(h.model(wire));
      assert.ok(error instanceof ModelError);
      assert.match(error.message, /tool calls that are too long/);
      assert.equal(text, 'I call.');
    });
  });
}

describe('one event of 70,000 deltas', () => {
  const decode = (delta: object): readonly ModelPart[] => {
    const decoder = new OpenAiDecoder({
      upstream: { provider: 'test', apiKey: undefined },
      onUnknownReason: () => assert.fail(),
    });
    const calls = Array.from({ length: 70_000 }, () => delta);
    const parts: ModelPart[] = [];
    decoder.accept(
      { event: undefined, data: JSON.stringify({ choices: [{ delta: { tool_calls: calls } }] }) },
      parts,
    );
    decoder.accept({ event: undefined, data: '[DONE]' }, parts);
    decoder.end(parts);
    return parts;
  };

  test('of one call is one call', () => {
    const [call] = decode({ index: 0, function: { name: 'f', arguments: '{"a":"}"}' } });
    assert.ok(call?.type === 'tool-call');
    assert.equal(decode({ index: 0, function: { arguments: '"x",' } }).length, 2);
  });

  test('of as many calls is bounded', () => {
    const parts = decode({ function: { name: 'f', arguments: '{}' } });
    assert.equal(parts.length, 129);
    assert.deepEqual(parts.at(-1), { type: 'finish', reason: 'length' });
  });
});
