/** What a run over a set of questions has shown: what differs, sums, going on, and the table that spreadsheets open. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nothingYet, type SideAnswer, withEvent } from '../../../src/views/personas/comparison.ts';
import {
  type ComparedQuestion,
  differs,
  resumed,
  sumsOf,
  toCsv,
} from '../../../src/views/personas/questions.ts';

const said = (text: string, more: Partial<SideAnswer> = {}): SideAnswer => ({
  ...nothingYet,
  ...{ text, isOver: true, tokens: 5, cost: 0.5, ms: 100, finishReason: 'stop' },
  ...more,
});
const row = (active: SideAnswer, next: SideAnswer, questionId = 'q', turn = 1): ComparedQuestion => ({
  ...{ questionId, question: 'Why?', turn },
  answers: { active, next },
});

/** RFC 4180, read by its grammar. */
function parse(csv: string): string[][] {
  const lines: string[][] = [[]];
  for (const [, quoted, plain = '', end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    lines.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === '\r\n') lines.push([]);
  }
  assert.deepEqual(lines.pop(), [], 'every line ends');
  return lines;
}

test('the table has every answer with its figures, whatever is in the texts', () => {
  const hard = 'a "quoted", word\r\nand a line\n\nمرحبا';
  const failed = said('', {
    error: 'rule 7 forbids it',
    finishReason: null,
    tokens: null,
    cost: null,
    ms: null,
  });
  const lines = parse(toCsv([{ ...row(said(hard), failed), question: hard, turn: 2 }]));
  assert.deepEqual(lines, [
    [
      ...['question', 'turn'],
      ...['active', 'next'].flatMap((side) =>
        ['answer', 'tokens', 'cost', 'ms', 'finish_reason', 'error'].map((name) => `${side}_${name}`),
      ),
    ],
    [hard, '2', hard, '5', '0.5', '100', 'stop', '', '', '', '', '', '', 'rule 7 forbids it'],
  ]);
});

test('no cell begins as a formula does', () => {
  const texts = [
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '\n=1',
    '  =cmd|"/c calc"!A1',
    '＝1',
    '- a point',
  ];
  for (const text of texts) {
    const [, line] = parse(toCsv([{ ...row(said(text), said(text, { error: text })), question: text }]));
    for (const index of [0, 2, 8, 13]) assert.equal(line?.[index], `'${text}`, JSON.stringify(text));
  }
  for (const text of ['a=b', '1-1', "it's", ''])
    assert.equal(parse(toCsv([row(said(text), said(''))]))[1]?.[2], text);
});

test('answers differ by their words and by how they ended, not by blanks', () => {
  assert.equal(differs(row(said('One  two\n'), said('One two'))), false);
  assert.equal(differs(row(said('One two'), said('One three'))), true);
  assert.equal(differs(row(said('One'), said('One', { finishReason: 'length' }))), true);
  assert.equal(differs(row(said('One'), said('One', { error: 'x' }))), true);
});

test('sums count what has ended, and say how much of it is unknown', () => {
  const rows = [
    row(said('a'), said('b', { tokens: null, cost: null })),
    row(said('c', { error: 'x' }), said('d', { isStopped: true })),
    row({ ...nothingYet, text: 'half' }, said('e')),
  ];
  assert.deepEqual(sumsOf(rows, 'active'), {
    ...{ answers: 2, failed: 1, tokens: { value: 10, unknown: 0 } },
    ...{ cost: { value: 1, unknown: 0 }, ms: { value: 200, unknown: 0 } },
  });
  assert.deepEqual(sumsOf(rows, 'next').tokens, { value: 5, unknown: 1 });
});

test('a run that was stopped keeps whole questions, and asks the others from their first turn', () => {
  const questions = [
    { id: 'one', turns: ['a', 'b'] },
    { id: 'two', turns: ['c', 'd'] },
    { id: 'three', turns: ['e'] },
    { id: 'four', turns: ['f'] },
  ];
  const stopped = said('', { isStopped: true });
  const rows = [
    row(said('1'), said('1'), 'one', 1),
    row(said('2'), said('2', { error: 'failed' }), 'one', 2),
    row(said('3'), said('3'), 'two', 1),
    row(said('5'), stopped, 'three', 1),
    row(said('9'), said('9'), 'removed meanwhile', 1),
  ];
  const { kept, rest } = resumed(rows, questions);
  assert.deepEqual(kept, rows.slice(0, 2));
  assert.deepEqual(
    rest.map(({ id }) => id),
    ['two', 'three', 'four'],
  );
});

test('the end of an answer tells its figures and why it ended; unknown ones are none', () => {
  const usage = { total_tokens: 7, provenance: 'unknown' };
  const event = { type: 'done', usage, cost: 0, duration_ms: 3, finish_reason: 'length' };
  assert.deepEqual(withEvent({ ...nothingYet, text: 'x' }, event), {
    ...nothingYet,
    ...{ text: 'x', isOver: true, tokens: null, cost: 0, ms: 3, finishReason: 'length' },
  });
});
