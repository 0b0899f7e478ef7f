import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blankSigns, isBlank } from '../../../src/domain/text/blank.ts';

const blank: readonly [name: string, text: string][] = [
  ['nothing', ''],
  ['blanks and line breaks', ' \t\r\n\v\f'],
  ['a no-break and an ideographic space', '\u00a0\u3000\u2003'],
  ['zero-width signs and a byte order mark', '\u200b\u200c\u200d\u2060\ufeff'],
  ['marks of direction', '\u200e\u200f\u202a\u2066\u2069'],
  ['fillers of Hangul', '\u115f\u1160\u3164\uffa0'],
  ['an empty Braille pattern', '\u2800'],
  ['a variation selector alone', '\ufe0f'],
  ['tags', '\u{e0041}\u{e007f}'],
  ['control characters', '\0\u0007\u001b\u0085'],
  ['a soft hyphen', '\u00ad'],
];

for (const [name, text] of blank) {
  test(`${name}: blank`, () => assert.equal(isBlank(text), true));
}

for (const text of ['a', ' . ', '\n\n0', '👍\ufe0f', '\u200bя', '…', '\u0301', '\ud800', '⠁']) {
  test(`${JSON.stringify(text)}: not blank`, () => assert.equal(isBlank(text), false));
}

test('the signs for queries are those of one unit that are blank alone', () => {
  const signs = blankSigns();
  assert.equal(isBlank(signs), true);
  assert.ok(!signs.includes('\0'));
  assert.ok(signs.includes('\u3164') && signs.includes(' ') && signs.includes('\u2800'));
});

test('a long blank text costs no more than its length', () => {
  assert.equal(isBlank(' \u200b'.repeat(4_000_000)), true);
});
