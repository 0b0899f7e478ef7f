/** What comes while a run is under way is refused; after its end, however it ended, the next one runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oneAtATime } from '../../src/limits/one-at-a-time.ts';

test('one run at a time, and the next after its end or failure', async () => {
  const alone = oneAtATime(() => new Error('busy'));
  const held = Promise.withResolvers<string>();
  const first = alone(() => held.promise);
  await assert.rejects(
    alone(async () => 'second'),
    /busy/,
  );
  held.resolve('first');
  assert.equal(await first, 'first');
  await assert.rejects(
    alone(() => Promise.reject(new Error('failed'))),
    /failed/,
  );
  assert.equal(await alone(async () => 'third'), 'third');
});
