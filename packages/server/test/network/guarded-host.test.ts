/** Hosts of URLs that callers other than the operator may store, by name, by address and by resolved address. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAddressGuard } from '../../src/network/address-guard.ts';
import type { ResolvedAddress } from '../../src/network/guarded-agent.ts';
import { refusalOfHost } from '../../src/network/guarded-host.ts';

const guard = createAddressGuard({ ports: 'any' });

function unknownName(): Promise<readonly ResolvedAddress[]> {
  return Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }));
}

const refusedHosts = `
  127.0.0.1 127.1 127.0.0.1. 2130706433 017700000001 0x7f000001 0177.1 0x7f.1 0x7F.0.0.0x1 ①②⑦.⓪.⓪.① 0 0.1.2.3
  10.1.2.3 172.16.0.1 192.168.0.1 100.64.0.1 192.0.0.1 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1
  224.0.0.1 240.0.0.1 255.255.255.255 169.254.0.1
  169.254.169.254 169.254.170.2 100.100.100.200 192.0.0.192 168.63.129.16 168.63.129.16. 0xa83f8110 [fd00:ec2::254]
  [fd20:ce::254] [::ffff:168.63.129.16] [64:ff9b::a83f:8110]
  [::] [::1] [0:0:0:0:0:0:0:1] [::a00:1] [::127.0.0.1] [::8.8.8.8] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:0:127.0.0.1]
  [64:ff9b::7f00:1] [64:ff9b:1::808:808] [2002:808:808::1] [2001:0:4136:e378:8000:63bf:80ff:fffe]
  [2606:4700::5efe:a00:1] [2606:4700::200:5efe:808:808] [100::1] [2001:10::1] [2001:20::1] [2001:db8::1] [3fff::1]
  [4000::1] [5f00::1] [fd00::1] [fe80::1] [fec0::1] [ff02::1] [ff0e::1]
  localhost LOCALHOST. localhost.. a.localhost printer.local metadata.google.internal gw.home.arpa redis redis.`
  .trim()
  .split(/\s+/);

for (const host of refusedHosts) {
  test(`${host} is refused without being resolved`, async () => {
    const resolve = () => assert.fail('it was resolved');
    assert.notEqual(await refusalOfHost(new URL(`http://${host}:11434/v1`), guard, resolve), undefined);
    assert.notEqual(await refusalOfHost(new URL(`https://${host}/v1`), guard, resolve), undefined);
  });
}

for (const host of ['8.8.8.8', '172.32.0.1', '[2606:4700::1111]', '[::ffff:8.8.8.8]', '[64:ff9b::808:808]']) {
  test(`${host} is permitted on any port`, async () => {
    assert.equal(await refusalOfHost(new URL(`http://${host}:8443/v1`), guard), undefined);
  });
}

test('a name is judged by all addresses that it resolves to', async () => {
  const url = new URL('https://models.example/v1');
  const asked: string[] = [];
  const resolveTo = (addresses: readonly string[]) => async (name: string) => {
    asked.push(name);
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  assert.equal(await refusalOfHost(url, guard, resolveTo(['8.8.8.8', '2606:4700::1111'])), undefined);
  assert.match((await refusalOfHost(url, guard, resolveTo(['8.8.8.8', '10.0.0.1']))) ?? '', /10\.0\.0\.1/);
  assert.match((await refusalOfHost(url, guard, resolveTo(['::a00:1']))) ?? '', /::a00:1/);
  assert.deepEqual(asked, ['models.example', 'models.example', 'models.example']);
});

test('a name that does not resolve is permitted, a resolver that fails otherwise is an error', async () => {
  const url = new URL('https://models.example./v1');
  assert.equal(await refusalOfHost(url, guard, unknownName), undefined);
  await assert.rejects(
    refusalOfHost(url, guard, () => Promise.reject(Object.assign(new Error('broken'), { code: 'EMFILE' }))),
    /broken/,
  );
});
