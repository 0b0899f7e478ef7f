import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPrivateHost } from '../../../src/http/admin/models/private-address.ts';

const hosts: [host: string, isPrivate: boolean][] = [
  ['127.0.0.1', true],
  ['10.1.2.3', true],
  ['192.168.0.1', true],
  ['172.16.0.1', true],
  ['169.254.169.254', true],
  ['100.64.0.1', true],
  ['0.0.0.0', true],
  ['[::1]', true],
  ['[::]', true],
  ['[fd00::1]', true],
  ['[fe80::1]', true],
  ['[::ffff:127.0.0.1]', true],
  ['[::ffff:8.8.8.8]', false],
  ['localhost', true],
  ['LOCALHOST.', true],
  ['a.localhost', true],
  ['printer.local', true],
  ['metadata.google.internal', true],
  ['redis', true],
  ['8.8.8.8', false],
  ['[2606:4700::1111]', false],
];

for (const [host, isPrivate] of hosts) {
  test(`${host} is ${isPrivate ? 'private' : 'public'}`, async () => {
    assert.equal(await isPrivateHost(host), isPrivate);
  });
}

test('other ways to write an address are seen through by the URL', async () => {
  for (const text of ['http://2130706433/', 'http://0x7f.1/', 'http://127.1/', 'http://[::ffff:7f00:1]/']) {
    assert.equal(await isPrivateHost(new URL(text).hostname), true, text);
  }
});
