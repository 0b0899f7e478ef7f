/** Which addresses become links, and what is told of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitCitations } from '../../src/markdown/citations.ts';
import { decodeEntities } from '../../src/markdown/entities.ts';
import { safeLink, saysPlace } from '../../src/markdown/links.ts';

test('http, https, mailto and tel lead somewhere', () => {
  assert.deepEqual(safeLink('https://Example.com/a b'), {
    href: 'https://example.com/a%20b',
    place: 'example.com',
  });
  assert.equal(safeLink(' http://127.0.0.1:8080/x ')?.place, '127.0.0.1:8080');
  assert.equal(safeLink('mailto:help%40desk@example.com')?.place, 'help@desk@example.com');
  assert.equal(safeLink('tel:+49-30-1')?.place, '+49-30-1');
  assert.equal(safeLink('https://пример.рф/')?.place, 'xn--e1afmkfd.xn--p1ai');
});

for (const address of [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  ' java\nscript:alert(1)',
  'data:text/html,<script>1</script>',
  'vbscript:x',
  'file:///etc/passwd',
  'blob:https://example.com/x',
  'view-source:https://example.com',
  '//example.com',
  '/prices',
  'https://example.com@evil.example/',
  'https://a:b@evil.example/',
  'mailto:',
  'https://',
  '',
]) {
  test(`${JSON.stringify(address)} is no link`, () => assert.equal(safeLink(address), undefined));
}

test('a text says where its link leads only if it is the address or the host', () => {
  const link = safeLink('https://example.com/prices/');
  assert.ok(link);
  for (const text of ['https://example.com/prices', 'example.com/prices/', 'Example.com'])
    assert.ok(saysPlace(text, link));
  for (const text of ['prices', 'https://example.com.evil.example/', 'example.org', ''])
    assert.ok(!saysPlace(text, link));
  const mail = safeLink('mailto:a@example.com');
  assert.ok(mail && saysPlace('a@example.com', mail) && !saysPlace('b@example.com', mail));
});

test('entities are decoded, and what is none stays', () => {
  assert.equal(
    decodeEntities('a &amp;&lt;b&gt; &euro; &#8364; &#x20AC; &nosuch; &amp'),
    'a &<b> € € € &nosuch; &amp',
  );
  assert.equal(decodeEntities('&#0; &#xD800; &#x110000;'), '\ufffd \ufffd \ufffd');
  assert.equal(decodeEntities('&constructor; &toString;'), '&constructor; &toString;');
});

test('citations are found where there is such a source', () => {
  const [one, two] = [{ index: 1 }, { index: 2 }];
  assert.deepEqual(splitCitations('It is so [1][2], not [3].', [one, two]), [
    'It is so ',
    one,
    two,
    ', not [3].',
  ]);
  assert.deepEqual(splitCitations('[1]', [one]), [one]);
  assert.deepEqual(splitCitations('none', [one]), ['none']);
});
