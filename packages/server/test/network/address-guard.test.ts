/** Which addresses pages may be read from, by table, and that the check holds where the connection is made. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startSmallWeb } from 'colloquy-testkit/web/small-web';
import { request } from 'undici';
import { createAddressGuard } from '../../src/network/address-guard.ts';
import { createGuardedAgent, type ResolvedAddress } from '../../src/network/guarded-agent.ts';
import { guardedGet } from '../../src/research/pages/guarded-get.ts';
import { PageSkippedError } from '../../src/research/pages/page-skipped.ts';

const closed = createAddressGuard({
  allowedNetworks: [],
  ownAddresses: () => ['93.184.215.99', 'fe80::1%eth0'],
});

/** The last but one line has this machine's own addresses; the last has forms that only URLs allow, and a name. */
const refusedAddresses = `
  0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16 169.254.0.1
  169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1
  198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
  :: ::1 ::127.0.0.1 ::8.8.8.8 ::808:808 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1 ::ffff:169.254.169.254
  ::ffff:0:127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::8.8.8.8 100::1 2001::1
  2001:0:4136:e378:8000:63bf:80ff:fffe 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a00:1::1
  2002:808:808::1 2606:4700::5efe:a00:1 2606:4700::200:5efe:808:808 fd20:ce::254 ::ffff:168.63.129.16 64:ff9b::168.63.129.16
  ::ffff:100.100.100.200 3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1
  93.184.215.99 ::ffff:93.184.215.99
  0177.0.0.1 127.1 2130706433 0x7f.0.0.1 localhost`
  .trim()
  .split(/\s+/);

for (const address of refusedAddresses) {
  test(`${address} is refused`, () => {
    assert.notEqual(closed.refusalOf(address, 80), undefined);
  });
}

for (const address of [
  '1.1.1.1',
  '8.8.8.8',
  '93.184.215.14',
  '172.32.0.1',
  '192.169.0.1',
  '2606:4700::1111',
  '::ffff:8.8.8.8',
  '64:ff9b::808:808',
  '2606:4700::5eff:808:808',
]) {
  test(`${address} is permitted, on the ports of the web only`, () => {
    assert.equal(closed.refusalOf(address, 80), undefined);
    assert.equal(closed.refusalOf(address, 443), undefined);
    assert.match(closed.refusalOf(address, 25) ?? '', /port 25/);
  });
}

test('where any port is open, the addresses are the same', () => {
  const guard = createAddressGuard({ ports: 'any', ownAddresses: () => ['93.184.215.99', 'fe80::1%eth0'] });
  for (const port of [1, 25, 11_434, 65_535]) assert.equal(guard.refusalOf('8.8.8.8', port), undefined);
  for (const address of refusedAddresses)
    assert.notEqual(guard.refusalOf(address, 11_434), undefined, address);
});

test('an allowed network is opened on every port, and nothing beside it', () => {
  const guard = createAddressGuard({ allowedNetworks: ['10.1.0.0/16', 'fd12::/16'] });
  for (const address of ['10.1.0.1', '10.1.255.255', '::ffff:10.1.0.1', 'fd12::5']) {
    assert.equal(guard.refusalOf(address, 8080), undefined, address);
  }
  for (const address of ['10.0.255.255', '10.2.0.0', '127.0.0.1', 'fd13::1', '::1']) {
    assert.notEqual(guard.refusalOf(address, 80), undefined, address);
  }
});

/** Reads a page; gives reason and message of the refusal. */
async function refusalOf(
  address: string,
  options: {
    allowedNetworks?: readonly string[];
    resolve?: (name: string) => Promise<readonly ResolvedAddress[]>;
  } = {},
): Promise<string> {
  await using agent = disposable(
    createGuardedAgent({
      guard: createAddressGuard({ allowedNetworks: options.allowedNetworks ?? [] }),
      ...(options.resolve && { resolve: options.resolve }),
      connectMs: 2_000,
    }),
  );
  try {
    const get = { dispatcher: agent.value, userAgent: 'Test/1', accept: '*/*', maxRedirects: 5 };
    const response = await guardedGet(address, { ...get, signal: AbortSignal.timeout(10_000) });
    await response.body.dump();
    return `answered ${response.status}`;
  } catch (error) {
    if (!(error instanceof PageSkippedError)) throw error;
    return `${error.reason}: ${error.message}`;
  }
}

function disposable<Value extends { destroy(): Promise<void> }>(value: Value) {
  return { value, [Symbol.asyncDispose]: () => value.destroy() };
}

test('every way of writing a forbidden address in a URL is refused before anything is sent', async () => {
  await using web = await startSmallWeb();
  const hosts = [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '0x7f.0.0.0x1',
    '0',
    '127.0.0.1.',
    '①②⑦.⓪.⓪.①',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[0:0:0:0:0:0:0:1]',
    'localhost',
    'LOCALHOST',
  ];
  for (const host of hosts) {
    assert.match(await refusalOf(`http://${host}:${web.port}/tower`), /^address: /, host);
  }
  assert.deepEqual(web.requests, []);
});

test('only http and https are asked for', async () => {
  for (const address of [
    'file:///etc/passwd',
    'ftp://example.com/',
    'gopher://127.0.0.1/',
    'data:text/html,x',
    'javascript:1',
    'not an address',
  ]) {
    assert.match(await refusalOf(address), /^address: /, address);
  }
});

test('credentials in an address are not sent', async () => {
  await using web = await startSmallWeb();
  const address = `http://user:password@127.0.0.1:${web.port}/tower#part`;
  assert.equal(await refusalOf(address, { allowedNetworks: ['127.0.0.1/32'] }), 'answered 200');
  assert.equal(web.requests[0]?.headers.authorization, undefined);
  assert.equal(web.requests[0]?.headers.cookie, undefined);
  assert.equal(web.requests[0]?.path, '/tower');
});

test('a redirect to a forbidden address, by number or by name, is refused', async () => {
  await using open = await startSmallWeb();
  await using hidden = await startSmallWeb({ host: '127.0.0.2' });
  const targets = [
    `${hidden.url}/tower`,
    `http://intern.test:${hidden.port}/tower`,
    `//127.0.0.2:${hidden.port}/`,
    'file:///etc/passwd',
    'http://169.254.169.254/latest/meta-data/',
  ];
  for (const target of targets) {
    const refusal = await refusalOf(`${open.url}/to?url=${encodeURIComponent(target)}`, {
      allowedNetworks: ['127.0.0.1/32'],
      resolve: async () => [{ address: '127.0.0.2', family: 4 }],
    });
    assert.match(refusal, /^address: /, target);
  }
  assert.equal(open.requests.length, targets.length);
  assert.deepEqual(hidden.requests, []);
});

test('a name is refused when one of its addresses is not public', async () => {
  for (const address of ['127.0.0.1', '10.0.0.7', '::1', '::ffff:192.168.0.1']) {
    const resolve = async () => [
      { address: '93.184.215.14', family: 4 },
      { address, family: address.includes(':') ? 6 : 4 },
    ];
    assert.match(
      await refusalOf('http://mixed.test/', { resolve }),
      /^address: mixed\.test: .* is not a public/,
    );
  }
});

test('what was checked is what is connected to: a name that turns private is refused at its next connection', async () => {
  await using open = await startSmallWeb();
  await using hidden = await startSmallWeb({ host: '127.0.0.2' });
  const answers = ['127.0.0.1', '127.0.0.2'];
  const asked: string[] = [];
  const resolve = async (name: string) => {
    asked.push(name);
    return [{ address: answers[asked.length - 1] ?? '127.0.0.2', family: 4 }];
  };
  await using agent = disposable(
    createGuardedAgent({
      guard: createAddressGuard({ allowedNetworks: ['127.0.0.1/32'] }),
      resolve,
      connectMs: 2_000,
    }),
  );
  const get = async (port: number) => {
    const response = await request(`http://rebinding.test:${port}/tower`, {
      dispatcher: agent.value,
      reset: true,
    });
    await response.body.dump();
    return response.statusCode;
  };
  // One look-up for one connection: there is no second one between check and use that could answer otherwise.
  assert.equal(await get(open.port), 200);
  assert.deepEqual(asked, ['rebinding.test']);
  await assert.rejects(get(hidden.port), { name: 'AddressRefusedError' });
  await assert.rejects(get(open.port), { name: 'AddressRefusedError' });
  assert.equal(open.requests.length, 1);
  assert.deepEqual(hidden.requests, []);
});
