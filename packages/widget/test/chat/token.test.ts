/** Tokens of a site's back end, in every form that one may give. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asToken } from '../../src/chat/token.ts';

test('seconds, milliseconds, texts and tokens alone', () => {
  assert.deepEqual(asToken({ token: 't', expires_at: 1_900_000_000 }, ''), {
    token: 't',
    expires_at: 1_900_000_000,
  });
  assert.deepEqual(asToken({ token: 't', expiresAt: 1_900_000_000_000 }, ''), {
    token: 't',
    expires_at: 1_900_000_000,
  });
  assert.deepEqual(asToken({ token: 't', expiresAt: '2030-01-01T00:00:00Z' }, ''), {
    token: 't',
    expires_at: '2030-01-01T00:00:00Z',
  });
  assert.deepEqual(asToken('t', ''), { token: 't' });
  assert.deepEqual(asToken({ token: 't', more: 1 }, ''), { token: 't' });
});

test('what holds no token is told', () => {
  for (const wrong of [undefined, null, '', {}, { token: '' }, { token: 1 }, []])
    assert.throws(() => asToken(wrong, 'must answer a token'), /must answer a token/);
});
