/** The test of a model succeeds wherever the model answers, also without a word. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answer, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { strict } from 'colloquy-testkit/upstream/strict';
import type { ModelRecord } from '../../src/domain/model.ts';
import { testModel } from '../../src/models/try-model.ts';
import { startHarness, wires } from './remote-models.ts';

const record = {} as ModelRecord;

for (const wire of wires) {
  describe(`${wire} the test of a model`, () => {
    test('has nothing to remark about one that says something', async () => {
      await using h = await startHarness();
      h.upstream.setDefault(answer('ok'));
      const result = await testModel({ get: () => h.model(wire) }, record);
      assert.deepEqual([result.ok, result.error, result.remark], [true, null, null]);
    });

    for (const reason of ['stop', 'length'] as const) {
      test(`succeeds for one that ends with ${reason} and without a word, and says so`, async () => {
        await using h = await startHarness();
        h.upstream.setDefault({ steps: [{ do: 'finish', reason }, { do: 'end' }] });
        const result = await testModel({ get: () => h.model(wire) }, record);
        assert.deepEqual([result.ok, result.error], [true, null]);
        assert.match(result.remark ?? '', new RegExp(`without a word, with the finish reason ${reason}`));
      });
    }

    test('asks with more room where the bound is reached before the first word', async () => {
      await using h = await startHarness();
      const message =
        'Could not finish the message because max_tokens or model output limit was reached. Please try again with higher max_tokens.';
      h.upstream.setDefault(({ body }) => {
        const bound = Number(body?.max_completion_tokens ?? body?.max_tokens);
        return bound < 500 ? refuse(400, { type: 'invalid_request_error', message }) : answer('ok');
      });
      const result = await testModel({ get: () => h.model(wire) }, record);
      assert.deepEqual([result.ok, result.error], [true, null]);
      assert.match(result.remark ?? '', /not within 16 tokens/);
    });

    test('fails with the first reason where nothing is taken', async () => {
      await using h = await startHarness();
      h.upstream.setDefault(refuse(400, { message: 'no such thing' }));
      const result = await testModel({ get: () => h.model(wire) }, record);
      assert.equal(result.ok, false);
      assert.match(result.error ?? '', /no such thing/);
    });
  });
}

test('parameters that are refused are left out, or get their other name, as in answers', async () => {
  await using h = await startHarness();
  h.upstream.setDefault(strict({ refused: ['max_tokens', 'stream_options'] }));
  const result = await testModel({ get: () => h.model('openai') }, record);
  assert.deepEqual([result.ok, result.error, result.remark], [true, null, null]);
});
