import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalizeNewlines } from '../../../src/domain/text/newlines.ts';

test('every line break becomes LF', () => {
  assert.equal(normalizeNewlines('a\r\nb\rc\nd\r\r\ne'), 'a\nb\nc\nd\n\ne');
  assert.equal(normalizeNewlines('none'), 'none');
});
