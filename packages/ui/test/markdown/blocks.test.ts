/** Blocks of a text that grows: the same as those of the whole, and finished ones keep their identity. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createBlockReader } from '../../src/markdown/blocks.ts';

const text = `# Prices

Two of them, see [the list][1]:

- small, 3 €
- large

  with a second paragraph

| size | price |
|------|-------|
| s    | 3     |

\`\`\`js
const a = 1;

const b = 2;
\`\`\`

> quoted
still quoted

Title
=====

last

[1]: https://example.com/list
`;

const tokensOf = (blocks: ReturnType<ReturnType<typeof createBlockReader>['read']>) =>
  blocks.map(({ token }) => token);

test('a text that comes in pieces has the blocks of the whole text in the end', () => {
  const whole = tokensOf(createBlockReader().read(text, true));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 60 }), (sizes) => {
      const reader = createBlockReader();
      let end = 0;
      for (const size of sizes) {
        end += size;
        reader.read(text.slice(0, end), false);
      }
      assert.deepEqual(tokensOf(reader.read(text, true)), whole);
    }),
    { numRuns: 60 },
  );
});

test('whatever comes together in a text, its pieces end in the blocks of the whole', () => {
  const bits = [
    '- ',
    '* a',
    '1. ',
    '\n',
    '\n\n',
    '  ',
    '    ',
    'word ',
    '**',
    '`',
    '```\n',
    '> ',
    '# ',
    '|a|b|\n|-|-|\n',
    '<b>',
    '[x]',
    '[x]: /y\n',
    '---',
    '\t',
    '&amp;',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...bits), { maxLength: 30 }), (chosen) => {
      const reader = createBlockReader();
      chosen.forEach((_, index) => {
        reader.read(chosen.slice(0, index).join(''), false);
      });
      const all = chosen.join('');
      assert.deepEqual(tokensOf(reader.read(all, true)), tokensOf(createBlockReader().read(all, true)));
    }),
  );
});

test('finished blocks are the same objects while the text grows', () => {
  const reader = createBlockReader();
  const before = reader.read('one\n\ntwo\n\nthree\n\nfo', false);
  const after = reader.read('one\n\ntwo\n\nthree\n\nfour\n\nfive', false);
  assert.equal(after.length, 5);
  assert.ok(after[0] === before[0] && after[1] === before[1] && after[2] === before[2]);
  assert.notEqual(after[3], before[3]);
  const whole = reader.read('one\n\ntwo\n\nthree\n\nfour\n\nfive', true);
  assert.ok(whole.every((block, index) => block === after[index]));
});

test('a reference that comes last counts in what was finished before it', () => {
  const reader = createBlockReader();
  const body = 'see [here]\n\na\n\nb\n\nc\n\n';
  assert.equal(JSON.stringify(tokensOf(reader.read(body, false))).includes('"link"'), false);
  const blocks = reader.read(`${body}[here]: https://example.com\n`, false);
  assert.equal(JSON.stringify(blocks[0]?.token).includes('"link"'), true);
});

test('another text is read from its beginning, and every end of line counts', () => {
  const reader = createBlockReader();
  reader.read('# one\n\ntwo', false);
  assert.deepEqual(
    tokensOf(reader.read('a\r\n\r\nb\rc', false)),
    tokensOf(createBlockReader().read('a\n\nb\nc', true)),
  );
});
