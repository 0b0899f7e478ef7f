import assert from 'node:assert/strict';
import { test } from 'node:test';
import { titleOf } from '../../src/store/title.ts';

test('a title is the first words of a message, on one line', () => {
  assert.equal(titleOf('  Write a\nshort poem.  '), 'Write a short poem.');
  assert.equal(titleOf(' \n '), undefined);
  const long = 'Tell me all that you know about vector databases and why people like them so much';
  assert.equal(titleOf(long), 'Tell me all that you know about vector databases and why…');
  assert.equal(titleOf('😀'.repeat(61)), `${'😀'.repeat(59)}…`);
  assert.equal(titleOf('a'.repeat(60)), 'a'.repeat(60));
});
