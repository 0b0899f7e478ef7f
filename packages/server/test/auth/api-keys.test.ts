import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiKeyPrefix, generateApiKey, hashApiKey, hashesEqual } from '../../src/auth/api-keys.ts';

test('a key is its type and 256 random bits; only a prefix and a hash are for keeping', () => {
  const { key, prefix, hash } = generateApiKey('prod', (bytes) => Buffer.alloc(bytes, 0xab));
  assert.match(key, /^sk_prod_[A-Za-z0-9_-]{43}$/);
  assert.equal(Buffer.from(key.slice('sk_prod_'.length), 'base64url').length, 32);
  assert.equal(prefix, key.slice(0, 'sk_prod_'.length + 6));
  assert.equal(apiKeyPrefix(key), prefix);
  assert.equal(hash, hashApiKey(key));
  assert.match(hash, /^[0-9a-f]{64}$/);
});

test('no two keys are alike', () => {
  assert.notEqual(generateApiKey('test').key, generateApiKey('test').key);
});

test('hashes are equal only when they are', () => {
  const hash = hashApiKey('one');
  assert.equal(hashesEqual(hash, hashApiKey('one')), true);
  assert.equal(hashesEqual(hash, hashApiKey('other')), false);
  assert.equal(hashesEqual(hash, ''), false);
});
