/** A prompt that is too long is recognised in the words of every provider, and its figures are read. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findOverflow } from '../../../src/models/refusals/overflow.ts';
import { findRefusedParameters } from '../../../src/models/refusals/refused-parameters.ts';
import { others } from './other-refusals.ts';
import { said } from './overflow-words.ts';

describe('too long', () => {
  for (const [who, fields, windowTokens, promptTokens, answerTokens] of said) {
    test(who, () => {
      const expected = {
        ...(windowTokens !== undefined && { windowTokens }),
        ...(promptTokens !== undefined && { promptTokens }),
        ...(answerTokens !== undefined && { answerTokens }),
      };
      assert.deepEqual(findOverflow(typeof fields === 'string' ? { message: fields } : fields), expected);
    });
  }
});

describe('not too long', () => {
  for (const [what, fields] of others) {
    test(what, () => {
      assert.equal(findOverflow(typeof fields === 'string' ? { message: fields } : fields), undefined);
    });
  }
});

test('a megabyte of near misses costs nothing', () => {
  for (const text of [
    'context length is ',
    'input '.repeat(3),
    '1 + 2 ',
    'prompt (',
    'limit '.repeat(2),
    '1,000,',
  ]) {
    findOverflow({ message: text.repeat(1 << 17) });
  }
});

describe('a refusal of any length is looked at to a bound', () => {
  const words =
    'this model maximum context length is 4097 tokens however you requested 5012 input prompt exceeds limit too long > + ( , per minute';
  for (const [size, length] of [
    ['80 KB', 80_000],
    ['8 MiB', 8 << 20],
  ] as const) {
    test(`${size} of each of its words, and of all`, () => {
      for (const piece of [
        ...words.split(' ').map((word) => `${word} `),
        `${words} `,
        '1',
        ' ',
        '[',
        '1,000,',
      ]) {
        const message = piece.repeat(Math.ceil(length / piece.length));
        const short = message.slice(0, 2000);
        assert.deepEqual(findOverflow({ message }), findOverflow({ message: short }));
        assert.deepEqual(
          findRefusedParameters(400, { message }),
          findRefusedParameters(400, { message: short }),
        );
      }
    });
  }
});
