/** Bytes cut anywhere, answers that are no stream, garbage, and answers that break off, in both wire formats. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answer, type Script, type Step } from 'colloquy-testkit/upstream/scripted-upstream';
import { ModelError } from '../../../src/models/model-error.ts';
import { collect, hello, startHarness, wires } from '../remote-models.ts';

const multilingual = 'Grüße, 世界! 👩‍👩‍👧 naïve — “ok”\nsecond line';

for (const wire of wires) {
  describe(`${wire} bytes`, () => {
    for (const chunkBytes of [1, 2, 3, 7, 64]) {
      test(`cut every ${chunkBytes} bytes, through characters and frames`, async () => {
        await using h = await startHarness();
        h.upstream.enqueue(answer(multilingual, { chunkBytes, reasoning: ['思', '考'] }));
        const { text, reasoning, error } = await collect(h.model(wire));
        assert.equal(error, undefined);
        assert.equal(text, multilingual);
        assert.equal(reasoning, '思考');
      });
    }

    const broken: readonly { name: string; script: Script; says: RegExp; kept?: string }[] = [
      {
        name: 'a stream that ends without a finish',
        script: { steps: [{ do: 'tokens', tokens: ['par', 'tial'] }] },
        says: /broke off/,
        kept: 'partial',
      },
      {
        name: 'a connection dropped in the stream',
        script: { steps: [{ do: 'tokens', tokens: ['partial'] }, { do: 'wait', ms: 5 }, { do: 'drop' }] },
        says: /broke off/,
        kept: 'partial',
      },
      {
        name: 'a connection dropped within a frame',
        script: {
          steps: [
            { do: 'tokens', tokens: ['partial'] },
            { do: 'wait', ms: 5 },
            { do: 'drop', midFrame: true },
          ],
        },
        says: /broke off/,
        kept: 'partial',
      },
      {
        name: 'an event that is not JSON',
        script: {
          steps: [
            { do: 'tokens', tokens: ['kept'] },
            { do: 'raw', data: 'data: {"choices":[{\n\n' },
            { do: 'stall' },
          ],
        },
        says: /not JSON/,
        kept: 'kept',
      },
      {
        name: 'an event that is no object',
        script: { steps: [{ do: 'raw', data: 'data: 17\n\n' }] },
        says: /not a JSON object/,
      },
      {
        name: 'an event over 1 MiB',
        script: { steps: [{ do: 'raw', data: `data: {"x":"${'y'.repeat(2 << 20)}"}\n\n` }, { do: 'stall' }] },
        says: /too long/,
      },
      {
        name: 'an event of endless lines',
        script: { steps: [{ do: 'raw', data: `data: ${'y'.repeat(1000)}\n`.repeat(2000) }, { do: 'stall' }] },
        says: /too long/,
      },
      { name: 'no event at all', script: { steps: [{ do: 'headers' }] }, says: /broke off/ },
      {
        name: 'garbage that is no event',
        script: { steps: [{ do: 'raw', data: 'oops, no such model\n\n' }] },
        says: /broke off .*: oops, no such model/,
      },
      {
        name: 'an error in the midst of the stream',
        script: {
          steps: [
            { do: 'tokens', tokens: ['some'] },
            { do: 'error', type: 'server_error', message: 'out of memory' },
          ],
        },
        says: /out of memory/,
        kept: 'some',
      },
      {
        name: 'a 200 with a JSON error',
        script: { body: { error: { message: 'bad template' } } },
        says: /bad template/,
      },
      {
        name: 'a 200 with JSON that is no error',
        script: { body: { choices: [] } },
        says: /JSON that holds no answer/,
      },
      {
        name: 'a 200 with a web page',
        script: { body: '<html></html>', headers: { 'content-type': 'text/html; charset=utf-8' } },
        says: /text\/html/,
      },
      {
        name: 'a stream that is not encoded as it says',
        script: {
          headers: { 'content-encoding': 'gzip' },
          steps: [{ do: 'raw', data: Buffer.from('1f8b0800000000000003ffffffffffffffff', 'hex') }],
        },
        says: /content-encoding/,
      },
      {
        name: 'a redirect to another origin',
        script: { status: 307, headers: { location: 'http://127.0.0.1:1/v2?secret=1' } },
        says: /redirect \(307\) to http:\/\/127.0.0.1:1\/v2, which is not followed/,
      },
      { name: 'a 204', script: { status: 204, body: '' }, says: /204/ },
    ];
    for (const { name, script, says, kept = '' } of broken) {
      test(`${name} is a provider_error that keeps what came before`, async () => {
        await using h = await startHarness();
        h.upstream.setDefault(script);
        const { text, error, parts } = await collect(h.model(wire, { runtime: { maxRetries: 0 } }));
        assert.ok(error instanceof ModelError, String(error));
        assert.equal(error.code, 'provider_error');
        assert.match(error.message, says);
        assert.equal(text, kept);
        assert.ok(!parts.some((part) => part.type === 'finish'));
        await h.upstream.requests[0]?.closed;
      });
    }

    test('an event stream under another content type is read all the same', async () => {
      await using h = await startHarness();
      h.upstream.enqueue({ ...answer('fine'), headers: { 'content-type': 'text/plain' } });
      assert.equal((await collect(h.model(wire))).text, 'fine');
    });

    test('a consumer that reads slowly holds the upstream back and loses nothing', async () => {
      await using h = await startHarness();
      const token = 'x'.repeat(10_000);
      const steps: Step[] = [];
      for (let i = 0; i < 400; i += 1) steps.push({ do: 'tokens', tokens: [token] });
      h.upstream.enqueue({ steps: [...steps, { do: 'finish' }, { do: 'end' }] });
      let characters = 0;
      let largestBatch = 0;
      for await (const batch of h.model(wire).stream(hello, { signal: new AbortController().signal })) {
        largestBatch = Math.max(largestBatch, batch.length);
        for (const part of batch) if (part.type === 'text') characters += part.text.length;
        for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      }
      assert.equal(characters, 4_000_000);
      assert.ok(largestBatch < 100, `a batch of ${largestBatch} parts`);
    });
  });
}
