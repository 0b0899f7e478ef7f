/**
 * Some hundred requests that are made up from the OpenAPI document. `npm run fuzz` sends as many as one likes, with
 * another seed each time.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { describe, runFuzz, runRaw } from './fuzz.ts';

onBothStores('requests from the document', (storeEngine) => {
  test('what holds for every answer holds', async () => {
    const seed = storeEngine === 'sqlite' ? 20261126 : 11262026;
    const { requests, violations } = await runFuzz({ storeEngine, seed, requests: 400 });
    assert.deepEqual(violations.map(describe), []);
    assert.equal(requests, 400);
  });
});

test('bytes that are no request, or an odd one, are answered as every request or not at all', async () => {
  assert.deepEqual(await runRaw({ seed: 20261126, requests: 150 }), []);
});
