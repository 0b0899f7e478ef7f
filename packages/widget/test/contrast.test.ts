/** Contrast of an accent and what stands on it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contrastOf, readableOn } from '../src/contrast.ts';

test('as WCAG computes it', () => {
  assert.equal(contrastOf([0, 0, 0], [255, 255, 255]), 21);
  assert.equal(contrastOf([10, 20, 30], [10, 20, 30]), 1);
  assert.equal(contrastOf([119, 119, 119], [255, 255, 255]).toFixed(2), '4.48');
});

test('black or white, whichever can be read', () => {
  assert.equal(readableOn([255, 221, 0]), 'black');
  assert.equal(readableOn([0, 40, 120]), 'white');
});
