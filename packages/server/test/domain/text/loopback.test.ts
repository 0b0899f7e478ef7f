import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback, isThisMachine } from '../../../src/domain/text/loopback.ts';

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

test('names below localhost are this machine to clients', () => {
  for (const host of ['localhost', '127.0.0.1', '[::1]', 'app.localhost']) {
    assert.equal(isThisMachine(host), true, host);
  }
  for (const host of ['notlocalhost', 'app.localhost.example', '192.0.2.1']) {
    assert.equal(isThisMachine(host), false, host);
  }
});
