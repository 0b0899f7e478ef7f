import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSecretBox, SecretBoxError } from '../../../src/domain/secrets/secret-box.ts';

const { open, seal } = createSecretBox('a secret of the tests');

test('what is sealed opens again, and never looks the same', () => {
  const sealed = seal('sk-the-provider-key-äöü', 'record');
  assert.equal(open(sealed, 'record'), 'sk-the-provider-key-äöü');
  assert.notEqual(seal('sk-the-provider-key-äöü', 'record'), sealed);
  assert.equal(sealed.includes('provider'), false);
});

test('it opens under no other secret, for no other record, and not once it was changed', () => {
  const sealed = seal('text', 'record');
  const bytes = Buffer.from(sealed.slice(3), 'base64url');
  bytes[15] = (bytes[15] ?? 0) ^ 1;
  for (const attempt of [
    () => createSecretBox('another secret').open(sealed, 'record'),
    () => open(sealed, 'another record'),
    () => open(`v1.${bytes.toString('base64url')}`, 'record'),
    () => open('v1.AAAA', 'record'),
    () => open(sealed.replace('v1.', 'v9.'), 'record'),
    () => open('text', 'record'),
  ]) {
    assert.throws(attempt, SecretBoxError);
  }
});
