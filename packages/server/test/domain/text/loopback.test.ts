import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback } from '../../../src/domain/text/loopback.ts';

test('only the names and addresses of the loopback are this machine', () => {
  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '::1', '[::1]']) {
    assert.equal(isLoopback(host), true, host);
  }
  for (const host of [
    '',
    '0.0.0.0',
    '128.0.0.1',
    '127.0.0.999',
    '127.0.0.1.evil.example',
    'localhost.example',
    '::2',
  ]) {
    assert.equal(isLoopback(host), false, host);
  }
});
