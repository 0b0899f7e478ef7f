/** A message that alone is too large for its model is refused before anything is stored or asked, on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storeEngines } from 'colloquy-testkit/stores';
import type { AppError } from '../../../src/domain/errors.ts';
import { startEngineHarness } from '../../support/engines.ts';

for (const engineName of storeEngines) {
  test(`too large a message is refused with both numbers on ${engineName}`, async (t) => {
    const started = await startEngineHarness(engineName);
    if ('skip' in started) return t.skip(started.skip);
    await using h = started;
    const engine = await h.start();
    await assert.rejects(engine.accept(h.turn({ text: 'word '.repeat(6000) })), (error: AppError) => {
      assert.equal(error.code, 'context_overflow');
      assert.match(error.message, /\d+ tokens.*\d+/);
      return true;
    });
    assert.equal(h.upstream.requests.length, 0);
    assert.deepEqual(await h.place.store.reads.selectFrom('message').select('id').execute(), []);
  });
}
