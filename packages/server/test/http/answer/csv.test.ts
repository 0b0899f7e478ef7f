/** Cells of CSV, which no spreadsheet may run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toCell, toCsvRow } from '../../../src/http/answer/csv.ts';

test('what begins like a formula begins with an apostrophe', () => {
  const table: Readonly<Record<string, string>> = {
    '=1+1': '"\'=1+1"',
    '+49 30 1234': '"\'+49 30 1234"',
    '-2': '"\'-2"',
    '@SUM(A1)': '"\'@SUM(A1)"',
    '=cmd|"/C calc"!A0': '"\'=cmd|""/C calc""!A0"',
    ' =1': '"\' =1"',
    '\u200b=1': '"\'\u200b=1"',
    '\t=1': '"\'\t=1"',
    '\r=1': '"\'\r=1"',
    '＝1': '"\'＝1"',
  };
  for (const [text, cell] of Object.entries(table)) assert.equal(toCell(text), cell, JSON.stringify(text));
});

test('what is harmless stays as it is, in quotes where it has to be', () => {
  const table: Readonly<Record<string, string>> = {
    Support: 'Support',
    'a-b': 'a-b',
    '1e=5': '1e=5',
    'a@b.example': 'a@b.example',
    'a,b': '"a,b"',
    'a;b': '"a;b"',
    'say "hi"': '"say ""hi"""',
    'two\nlines': '"two\nlines"',
    '': '',
  };
  for (const [text, cell] of Object.entries(table)) assert.equal(toCell(text), cell, JSON.stringify(text));
});

test('numbers are numbers, nothing is empty, a row ends with CRLF', () => {
  assert.equal(toCsvRow([12, 0.002, null, -1, 'x']), '12,0.002,,-1,x\r\n');
});
