/** The position at which a text breaks JSON's grammar. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findJsonError } from '../../../src/http/request/json-position.ts';

const cases: readonly [text: string, line: number, column: number, message: RegExp][] = [
  ['{\n"a": { "b": 1 }\n"c" : 2\n}', 3, 1, /"," or "}"/],
  ['{"a": x}', 1, 7, /a value/],
  ['  ', 1, 3, /the text ends/],
  ['{"a":1,}', 1, 8, /property name/],
  ['[1,]', 1, 4, /a value/],
  ['[1 2]', 1, 4, /"," or "]"/],
  ['{"a" 1}', 1, 6, /":"/],
  ['{a:1}', 1, 2, /double quotes/],
  ["{'a':1}", 1, 2, /double quotes/],
  ['{"a":"b\nc"}', 1, 8, /must be escaped/],
  ['"a\\qb"', 1, 3, /no escape/],
  ['"a\\u12g4"', 1, 3, /no escape/],
  ['{"a":01}', 1, 7, /"," or "}"/],
  ['{} x', 1, 4, /nothing more/],
  ['{"😀": "😀" x}', 1, 11, /"," or "}"/],
  ['{"a":"', 1, 7, /inside a string/],
  ['{\r\n"a":\r\n1,\r\n]', 4, 1, /property name/],
  ['tru', 1, 1, /a value/],
  ['{', 1, 2, /the text ends/],
  [`${'['.repeat(100_000)}x`, 1, 100_001, /a value/],
];

for (const [text, line, column, message] of cases) {
  test(`${JSON.stringify(text.slice(0, 40))} breaks at ${line}:${column}`, () => {
    assert.throws(() => JSON.parse(text));
    const found = findJsonError(text);
    assert.deepEqual([found.line, found.column], [line, column]);
    assert.match(found.message, message);
  });
}
