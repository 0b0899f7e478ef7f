/** Markdown's blocks and inlines: as `marked` reads them, whatever the text. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Lexer } from 'marked';
import { readMarkdown } from '../../src/markdown/lexer.ts';

const texts = [
  '# Title #\n\n## \n\nHello **bold** and *it* and ***both*** `code` ~~gone~~.\n\n- a\n- b\n  - c\n    1. d\n- e\n\n1. x\n2. y\n\n   para\n3. z',
  '> quote\nlazy\n> - a\n> - b\n\n```js\nconst a = `1`;\n\n  b\n```\n\n~~~\nx\n~~~',
  '> ```\n> a\nb\n\n>     code\nafter\n\n> # H\nafter',
  '| a | b |\n|---|:-:|\n| 1 | 2 \\| 3 |\n| x |\n| - | - |\n\nafter\na | b\n--|--\nc | d\n> q',
  'Title\n=====\nSub\n---\ntext\n***\n* * *\nno\n= =',
  '[a](http://x.y "t") ![i](b.png) <http://auto.x> [ref] [ref][] [t][REF] [no] [^1]\n\n[ref]: http://r.x \'title\'\n[ref]: http://second.x',
  '[two\nlines]: <a b>\n  "title"\n\n[two lines] and [x]: y',
  'see https://a.b/c_d_e, (https://x.y/(z)) and www.foo.com. mail a_b@c.de! <me@x.y> https://a.b/?c&amp;',
  '- [ ] todo\n- [x] done **b**\n- [y] no\n\n1. [ ] loose\n\n2. b',
  'a  \nb\\\nc\nd  ',
  '<div>\n**x**\n</div>\n\n<b>**y**</b> a<br>b &amp; &lt; <!-- c --> 1 < 2\n\n<!-- a\n\nb -->\n\n<b>\n**x**\n\n<pre>\n\n**x**\n</pre>\nend',
  '1) a\n2) b\n- c\n+ d',
  '    indented\n\n    more\n\nx\n    y',
  'foo_bar_baz __init__ 2*3*4 a**b**c **a*b*c** *a**b**c* **a *b **c** d* e**',
  '`` a`b `` ` `` ` ``x` `\\` ` ` `  `` ```',
  '* a\n\n  b\n* c\n\nd',
  '- a\n\n      code\n- b\n-\n-\n\n  c',
  '**中文**。后 **"q"**x **👍**',
  '1. a\n   - b\n     - c\n2. d\n   ```py\n   x = 1\n   ```\n3. e\n   f\ng',
  '- a\n  > q\n  > r\n- b\n\n\n\nend',
  '-\ta\n\n\tb\n-\tc',
  '$x_1 + y_2$ and \\(a*b\\) \\[c\\] \\a',
  '*foo [bar* baz](x) [a [b](c) d](e) ![a [b](c)](d) [![i](p)](l)',
  '[link **b** `c`](</a b>) [x](a(b)c) [y]( z ) [z]() [a](b c) [https://a.b](https://a.b/c)',
  'Hello\n# H\ntext\n> q\ntext\n- l\n1. m\n2. n\n3.\n4. p',
  'text\n2. not list\n1. list\n\ntext\n-\n\n#no\n####### no',
  '~one~ ~~two~~ ~~~three~~~ ~a~~ a~b',
  '```\nopen\n\n',
  '',
];

test('texts are read as marked reads them', () => {
  for (const text of texts)
    assert.deepEqual(shape(readMarkdown(text)), shape(new Lexer({ gfm: true }).lex(text)), text);
});

test('whatever comes together, as marked reads it', () => {
  // Not what either may read as it likes: addresses beside marks, broken HTML, and tables that go on a quote.
  const bits = ['- ', '* a', '1. ', '\n', '\n\n', '  ', 'word ', '**', '*', '_', '`', '# ', '[x]'];
  const more = [
    '[x]: /y\n',
    '&amp;',
    '[a](b)',
    '](c)',
    '\\',
    '\\*',
    'a',
    '.',
    ')',
    '!',
    '\n```\n',
    '\n|a|b|\n|-|-|\n',
  ];
  const known = /^ *[-*1].*\n*\|a|> .*\n*\|a|^ *\|/m;
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...bits, ...more), { maxLength: 8 }), (chosen) => {
      const text = chosen.join('');
      fc.pre(!known.test(text));
      assert.deepEqual(shape(readMarkdown(text)), shape(new Lexer({ gfm: true }).lex(text)), text);
    }),
    { numRuns: 2000, seed: 7 },
  );
});

test('the sources of the blocks are the text, and nothing of a text makes it throw', () => {
  const signs = fc.constantFrom(
    ...'*_`~[]()!<>#-+=|\\:"\'&@./ \n\t1a中👍'.split(''),
    'http://a',
    '\ud800',
    '\u00a0',
  );
  fc.assert(
    fc.property(fc.array(signs, { maxLength: 80 }), (chosen) => {
      const text = chosen.join('');
      assert.equal(
        readMarkdown(text)
          .map(({ raw }) => raw)
          .join(''),
        text,
      );
    }),
    { numRuns: 1000 },
  );
});

test('the work grows with the length, and the depth does not: long texts of one kind are read', () => {
  const repeated =
    '[|]|![|[a](|[a](b "|*|*a |a* |_|`|<|<!--|<a b="|> |- |1. |#|~a~~ |\\|[a]: b\n|```\n|a\n|a@b.'.split('|');
  const length = 100_000;
  for (const bit of [...repeated, 'https://a.b ', '|', '|a', '***a '])
    for (const text of [bit.repeat(length / bit.length), `[a]:${' '.repeat(length)}${bit}`]) {
      const blocks = readMarkdown(text);
      assert.equal(
        blocks.reduce((sum, { raw }) => sum + raw.length, 0),
        text.length,
      );
      assert.ok(depthOf(blocks) < 250, bit);
    }
});

interface Given {
  readonly type: string;
  readonly [name: string]: unknown;
}

const all = (given: unknown): readonly Given[] => (given ?? []) as readonly Given[];

/** What is shown of tokens, whoever has made them; blanks at the edges and ends of lines are not. */
function shape(tokens: unknown): unknown[] {
  const shown: unknown[] = [];
  const say = (text: string): void => {
    const before = shown.at(-1);
    if (typeof before === 'string') shown.splice(-1, 1, before + text);
    else shown.push(text);
  };
  for (const { type, ...token } of all(tokens)) {
    if (type === 'space' || type === 'def') continue;
    if (type === 'html') say(String(token.text).trimEnd());
    else if (type === 'escape' || (type === 'text' && token.tokens === undefined)) say(String(token.text));
    else if (type === 'text')
      for (const one of shape(token.tokens)) typeof one === 'string' ? say(one) : shown.push(one);
    else if (type === 'codespan') shown.push([type, token.text]);
    else if (type === 'checkbox') shown.push([type, token.checked]);
    else if (type === 'image') shown.push([type, token.href]);
    else if (type === 'code') shown.push([type, String(token.text).trimEnd(), token.lang || undefined]);
    else if (type === 'link') shown.push([type, token.href, shape(token.tokens)]);
    else if (type === 'list')
      shown.push([type, token.start || undefined, all(token.items).map((item) => shape(item.tokens))]);
    else if (type === 'table')
      shown.push([
        type,
        [token.header, ...(token.rows as unknown[])].map((row) =>
          all(row).map(({ align, tokens }) => [align, shape(tokens)]),
        ),
      ]);
    else shown.push([type, token.depth, shape(token.tokens)]);
  }
  const tidy = shown.map((one) =>
    typeof one === 'string' ? one.replace(/[ \t]+/g, ' ').replace(/ ?\n ?/g, '\n') : one,
  );
  if (typeof tidy[0] === 'string') tidy[0] = tidy[0].trimStart();
  const last = tidy.at(-1);
  if (typeof last === 'string') tidy[tidy.length - 1] = last.trimEnd();
  return tidy.filter((one) => one !== '');
}

function depthOf(given: unknown): number {
  if (typeof given !== 'object' || given === null) return 0;
  const inner = Object.values(given).map(depthOf);
  return 1 + inner.reduce((deepest, depth) => Math.max(deepest, depth), 0);
}
