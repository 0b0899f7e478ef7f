/** A message that is too large for its model is refused before anything is stored or sent to it, on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import type { AppError } from '../../../src/domain/errors.ts';
import { startEngineHarness } from '../engines.ts';

onBothStores('context overflow', (storeEngine) => {
  test('too large a message is refused with both numbers', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    await assert.rejects(engine.accept(h.turn({ text: 'word '.repeat(6000) })), (error: AppError) => {
      assert.equal(error.code, 'context_overflow');
      assert.match(error.message, /\d+ tokens.*\d+/);
      return true;
    });
    assert.equal(h.upstream.requests.length, 0);
    assert.deepEqual(await h.place.store.reads.selectFrom('message').select('id').execute(), []);
  });
});
