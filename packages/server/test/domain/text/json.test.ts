/** JSON of others: how deep it may nest, counted before anything parses it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deepestLevels, nestsDeeper, parseForeignJson } from '../../../src/domain/text/json.ts';

function nested(levels: number): string {
  return `${'[{"a":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`;
}

describe('nesting', () => {
  const cases: readonly [text: string, levels: number][] = [
    ['', 0],
    ['1', 0],
    ['{}', 1],
    ['[[],[],[]]', 2],
    ['[[[', 3],
    [']]][', 0],
    ['{"a":{"b":[{}]}}', 4],
    ['{"[[[[":"{{{{"}', 1],
    ['["\\"[[[[",[]]', 2],
    ['["\\\\",[]]', 2],
    ['["\\\\\\"[[[[', 1],
    ['"[[[[', 0],
    [nested(1000), 1000],
  ];
  for (const [text, levels] of cases) {
    test(`${text.slice(0, 40)} has ${levels} levels`, () => {
      assert.equal(nestsDeeper(text, levels), false);
      if (levels > 0) assert.equal(nestsDeeper(text, levels - 1), true);
    });
  }
});

describe('foreign JSON', () => {
  const padding = `"${' '.repeat(4000)}"`;

  test('is parsed down to the deepest level that is taken', () => {
    const text = `[${padding},${nested(deepestLevels - 2)}]`;
    assert.deepEqual(parseForeignJson(text), JSON.parse(text));
  });

  test('that nests deeper is refused as no JSON', () => {
    assert.throws(() => parseForeignJson(`[${padding},${nested(deepestLevels)}]`), {
      name: 'SyntaxError',
      message: 'JSON that is nested deeper than 256 levels',
    });
  });

  for (const piece of ['[', '{"a":', '[{"a":', '["",', '[[],']) {
    test(`8 MiB of ${piece} are refused without a look at all of them`, () => {
      const text = piece.repeat((8 << 20) / piece.length);
      assert.throws(() => parseForeignJson(text), /deeper than 256 levels/);
    });
  }
});
