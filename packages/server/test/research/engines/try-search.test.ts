/** A search that is tried: it ends in time whatever the engine does, and only the engine's own failures are told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SearchEngine } from '../../../src/research/engines/engine.ts';
import { SearchError } from '../../../src/research/engines/engine-request.ts';
import { trySearch } from '../../../src/research/engines/try-search.ts';

const engine = (search: SearchEngine['search']): SearchEngine => ({ name: 'scripted', search });

test('an engine that never answers and listens to no signal is given up', async () => {
  const silent = engine(() => new Promise(() => {}));
  const { error, hits } = await trySearch(silent, 'towers', 20);
  assert.deepEqual([error, hits], ['scripted did not answer within 0.02 s', []]);
});

test('what the engine fails with is told; a fault of ours is thrown', async () => {
  const failing = engine(async () => {
    throw new SearchError('Scripted answered 500');
  });
  assert.equal((await trySearch(failing, 'towers')).error, 'Scripted answered 500');
  const broken = engine(async () => {
    throw new TypeError('a fault');
  });
  await assert.rejects(trySearch(broken, 'towers'), TypeError);
});
