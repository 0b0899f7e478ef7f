/** Texts cut between what readers see as characters. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutGraphemes } from '../../../src/domain/text/graphemes.ts';

test('a cut never goes through a character', () => {
  const family = '👨‍👩‍👧';
  for (const [text, length, cut] of [
    ['', 5, ''],
    ['abc', 5, 'abc'],
    ['abc', 3, 'abc'],
    ['abcd', 3, 'abc'],
    [family, 5, family],
    [`a${family}`, 5, 'a'],
    [family, 4, '👨‍👩'],
    ['🇫🇷🇩🇪', 3, '🇫🇷'],
    ['e\u0301e\u0301', 3, 'e\u0301'],
    ['가나다'.normalize('NFD'), 3, '가'.normalize('NFD')],
    ['नमस्ते', 3, 'नम'],
    ['👍🏽👍🏽', 3, '👍🏽'],
    ['שלום עולם', 4, 'שלום'],
    ['😀'.repeat(1e6), 2, '😀😀'],
    ['\r\n\r\n', 3, '\r\n'],
  ] as const)
    assert.equal(cutGraphemes(text, length), cut, JSON.stringify(text.slice(0, 20)));
  const marks = `e${'\u0301'.repeat(1000)}`;
  assert.equal([...cutGraphemes(marks, 10)].length, 10, 'a single character that is too long is cut itself');
});
