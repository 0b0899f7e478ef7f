/** The samples of the small plots. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptMs, pointsOf, type Sample, withSample } from '../../../src/views/health/history.ts';

test('samples are kept for five minutes, each moment once, and gaps are none', () => {
  let samples: readonly Sample[] = [];
  for (let at = 0; at <= keptMs + 4_000; at += 2_000) samples = withSample(samples, at, at);
  assert.equal(samples[0]?.at, 6_000);
  assert.equal(samples.length, 150);
  assert.equal(withSample(samples, keptMs + 4_000, 1).length, 150);
  assert.equal(withSample(samples, keptMs + 6_000, null).at(-1)?.at, keptMs + 4_000);
});

test('a line ends at the right edge, and its highest point touches the top', () => {
  const samples = [
    { at: 0, value: 1 },
    { at: keptMs / 2, value: 4 },
    { at: keptMs, value: 2 },
  ];
  assert.equal(pointsOf(samples, 100, 40), '0.0,30.0 50.0,0.0 100.0,20.0');
  assert.equal(pointsOf([{ at: 5, value: 0 }], 100, 40), '100.0,40.0');
  assert.equal(pointsOf([], 100, 40), '');
});
