/** What comes of an answer with figures in every piece, or in one piece, and of one that fails in the end. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Step, Wire } from 'colloquy-testkit/upstream/scripted-upstream';
import { ModelError } from '../../../src/models/model-error.ts';
import { foldParts } from '../recorded-streams.ts';
import { collect, startHarness, wires } from '../remote-models.ts';

const event = (fields: object): string => `data: ${JSON.stringify(fields)}\n\n`;

/** A delta, and the figures so far. */
function piece(wire: Wire, text: string, completion: number): string {
  if (wire === 'openai') {
    const usage = { prompt_tokens: 9, completion_tokens: completion };
    return event({ choices: [{ index: 0, delta: { content: text } }], usage });
  }
  return (
    event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }) +
    event({ type: 'message_delta', delta: {}, usage: { input_tokens: 9, output_tokens: completion } })
  );
}

function whole(wire: Wire, text: string, reason: string): string {
  return JSON.stringify(
    wire === 'openai'
      ? {
          choices: [{ message: { content: text }, finish_reason: reason }],
          usage: { prompt_tokens: 9, completion_tokens: 4 },
        }
      : {
          type: 'message',
          content: [{ type: 'text', text }],
          stop_reason: reason,
          usage: { input_tokens: 9, output_tokens: 4 },
        },
  );
}

for (const wire of wires) {
  describe(`${wire}: figures with every piece`, () => {
    const pieces = ['<think>', 'Two and', ' two?</thi', 'nk>', '\n\n', 'Four', '.'];
    const ways: Readonly<Record<string, (data: string[]) => Step[]>> = {
      'at once': (data) => [{ do: 'raw', data: data.join('') }],
      'each in a write of its own': (data) =>
        data.flatMap((one): Step[] => [
          { do: 'raw', data: one },
          { do: 'wait', ms: 2 },
        ]),
    };
    for (const [way, steps] of Object.entries(ways)) {
      test(`leave marked reasoning reasoning, ${way}`, async () => {
        await using h = await startHarness();
        const data = pieces.map((text, place) => piece(wire, text, place + 1));
        h.upstream.enqueue({ steps: [...steps(data), { do: 'finish' }, { do: 'end' }] });
        const { parts, error } = await collect(h.model(wire, { runtime: { maxRetries: 0 } }));
        assert.equal(error, undefined);
        assert.deepEqual(foldParts(parts), [
          { type: 'reasoning', text: 'Two and two?' },
          { type: 'text', text: 'Four.' },
          { type: 'usage', promptTokens: 9, completionTokens: 7 },
          { type: 'finish', reason: 'stop' },
        ]);
      });
    }

    test('do not take an answer past its bound', async () => {
      await using h = await startHarness();
      const data = Array.from({ length: 80 }, (_, place) => piece(wire, 'x'.repeat(1000), place + 1));
      h.upstream.enqueue({ steps: [{ do: 'raw', data: data.join('') }, { do: 'stall' }] });
      const request = { messages: [{ role: 'user', text: 'Hi' }], parameters: { maxTokens: 1 } } as const;
      const { text, parts } = await collect(h.model(wire), request);
      assert.equal(text.length, 4 + 64 * 1024);
      assert.deepEqual(parts.at(-1), { type: 'finish', reason: 'length' });
    });
  });

  describe(`${wire}: an answer that is not streamed`, () => {
    test('and that failed is read like all others, and keeps its figures', async () => {
      await using h = await startHarness();
      h.upstream.setDefault({
        steps: [{ do: 'raw', data: whole(wire, '<think>hm</think>Half', 'network_error') }],
      });
      const { parts, error } = await collect(h.model(wire));
      assert.ok(error instanceof ModelError);
      assert.match(error.message, /network_error/);
      assert.deepEqual(foldParts(parts), [
        { type: 'reasoning', text: 'hm' },
        { type: 'text', text: 'Half' },
        { type: 'usage', promptTokens: 9, completionTokens: 4 },
      ]);
      assert.equal(h.upstream.requests.length, 1);
    });
  });

  test(`${wire}: reasoning alone does not make an unknown finish reason a stop`, async () => {
    await using h = await startHarness();
    h.upstream.setDefault({
      steps: [
        { do: 'tokens', tokens: ['hm'], reasoning: true },
        { do: 'usage', promptTokens: 9, completionTokens: 4 },
        { do: 'finish', reason: 'brand_new' },
        { do: 'usage', promptTokens: 9, completionTokens: 5 },
        { do: 'end' },
      ],
    });
    const { parts, error } = await collect(h.model(wire, { runtime: { maxRetries: 0 } }));
    assert.ok(error instanceof ModelError, JSON.stringify(parts));
    assert.match(error.message, /brand_new/);
  });
}
