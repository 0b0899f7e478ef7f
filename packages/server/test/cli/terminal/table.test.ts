/** Tables in a terminal: aligned, fitted, and without what a terminal obeys. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printableText, table } from '../../../src/cli/terminal/table.ts';

test('columns are as wide as what they hold, in cells of the terminal', () => {
  assert.equal(
    table(
      ['id', 'name'],
      [
        ['日本', 'x'],
        ['1', 'longer'],
      ],
      undefined,
    ),
    'id    name\n日本  x\n1     longer\n',
  );
});

test('the widest column is cut so that lines fit, never inside a sign', () => {
  const rows = [['1', 'a family: 👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 'short']];
  const [, line = ''] = table(['id', 'description', 'note'], rows, 24).split('\n');
  assert.equal(line, '1   a family: 👨‍👩‍👧‍👦…  short');
});

test('a terminal narrower than any table still gets one', () => {
  assert.match(table(['id', 'name'], [['12345678901', '12345678901']], 5), /^1234567… {2}1234567…$/m);
});

test('escape sequences and line breaks in a name do nothing', () => {
  assert.equal(table(['name'], [['\u001b[2Jred\r\nnext\u0007\u009b']], undefined), 'name\n�[2Jred next�\n');
});

test('an answer keeps its line breaks, and nothing else that a terminal obeys', () => {
  assert.equal(printableText('a\n\tb\u001b]0;x\u0007\n\u009b2J'), 'a\n\tb�]0;x�\n�2J');
});
