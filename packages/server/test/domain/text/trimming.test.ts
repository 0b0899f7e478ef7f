/** Trimming the end of a text, as a pattern would, in time that grows with the text. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trimEndOf, trimSlashes } from '../../../src/domain/text/trimming.ts';

for (const text of ['', '/', '//', 'a', 'a/', 'a//', '/a/', '//a//b//', 'https://host/v1///', 'a/ ']) {
  test(`${JSON.stringify(text)} loses its last slashes`, () => {
    assert.equal(trimSlashes(text), text.replace(/\/+$/, ''));
  });
}

test('4 MiB of what is trimmed come to an end, before a sign that is not and at the end', () => {
  const slashes = '/'.repeat(4 << 20);
  assert.equal(trimSlashes(`a${slashes}b`), `a${slashes}b`);
  assert.equal(trimSlashes(`a${slashes}`), 'a');
  assert.equal(
    trimEndOf(`a${slashes}b..`, (unit) => unit === '.'),
    `a${slashes}b`,
  );
});
