import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open, SecretBoxError, seal } from '../../src/auth/secret-box.ts';

const secret = 'a secret of the tests';

test('what is sealed opens again, and never looks the same', () => {
  const sealed = seal('sk-the-provider-key-äöü', secret, 'record');
  assert.equal(open(sealed, secret, 'record'), 'sk-the-provider-key-äöü');
  assert.notEqual(seal('sk-the-provider-key-äöü', secret, 'record'), sealed);
  assert.equal(sealed.includes('provider'), false);
});

test('it opens under no other secret, for no other record, and not once it was changed', () => {
  const sealed = seal('text', secret, 'record');
  const bytes = Buffer.from(sealed.slice(3), 'base64url');
  bytes[15] = (bytes[15] ?? 0) ^ 1;
  for (const attempt of [
    () => open(sealed, 'another secret', 'record'),
    () => open(sealed, secret, 'another record'),
    () => open(`v1.${bytes.toString('base64url')}`, secret, 'record'),
    () => open('v1.AAAA', secret, 'record'),
    () => open(sealed.replace('v1.', 'v9.'), secret, 'record'),
    () => open('text', secret, 'record'),
  ]) {
    assert.throws(attempt, SecretBoxError);
  }
});
