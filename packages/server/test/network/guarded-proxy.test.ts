/** The address guard behind a proxy: what is resolved here, what is refused before the proxy hears of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { makeCertificates, noOpenssl } from 'colloquy-testkit/web/certificates';
import { type ConnectProxyOptions, startConnectProxy } from 'colloquy-testkit/web/connect-proxy';
import { startSmallWeb } from 'colloquy-testkit/web/small-web';
import { startTlsFront } from 'colloquy-testkit/web/tls-front';
import { createAddressGuard } from '../../src/network/address-guard.ts';
import { explainConnectionFailure } from '../../src/network/connection-failure.ts';
import { createGuardedAgent } from '../../src/network/guarded-agent.ts';
import { createProxies, type ProxyException } from '../../src/network/proxies.ts';
import { guardedGet } from '../../src/research/pages/guarded-get.ts';
import { PageSkippedError } from '../../src/research/pages/page-skipped.ts';

const certificates = makeCertificates(['page.example.test']);
const skip = certificates === undefined && noOpenssl;
if (certificates) setDefaultCACertificates([...getCACertificates(), certificates.authority]);
const web = await startSmallWeb();
const front = await startTlsFront(web.port, certificates ?? { key: '', cert: '' });
test.after(async () => {
  await front[Symbol.asyncDispose]();
  await web[Symbol.asyncDispose]();
});

const names: Readonly<Record<string, readonly string[]>> = {
  'page.example.test': ['93.184.215.14'],
  'both.example.test': ['2606:2800:21f::1', '93.184.215.14'],
  'inner.example.test': ['10.0.0.7'],
  'mixed.example.test': ['93.184.215.14', '127.0.0.1'],
  'allowed.example.test': ['127.0.0.1'],
};

async function start(options: Partial<ConnectProxyOptions> = {}, exceptions: readonly ProxyException[] = []) {
  const proxy = await startConnectProxy({
    route: (authority) => (authority.endsWith(':443') ? front.port : web.port),
    ...options,
  });
  const agent = createGuardedAgent({
    guard: createAddressGuard({
      ports: 'any',
      allowedNetworks: ['127.0.0.0/8'].slice(exceptions.length ? 0 : 1),
    }),
    connectMs: 5_000,
    proxies: createProxies({ https: { origin: proxy.url }, http: { origin: proxy.url }, exceptions }),
    async resolve(name) {
      const found = names[name];
      if (found === undefined)
        throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
      return found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    },
  });
  return {
    proxy,
    async get(url: string): Promise<string> {
      const get = { dispatcher: agent, userAgent: 'Test/1', accept: '*/*', maxRedirects: 5 };
      try {
        const { status, body } = await guardedGet(url, { ...get, signal: AbortSignal.timeout(10_000) });
        await body.dump();
        // undici takes the connection back in the next turn.
        await nextTurn();
        return `answered ${status}`;
      } catch (error) {
        if (!(error instanceof PageSkippedError)) throw error;
        return `${error.reason}: ${error.message}`;
      }
    },
    targets: () => proxy.tunnels.map(({ target }) => target),
    async [Symbol.asyncDispose]() {
      await agent.destroy();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

test('a page is reached by a tunnel to the address that was checked, under its name', { skip }, async () => {
  await using one = await start();
  assert.equal(await one.get('https://page.example.test/tower'), 'answered 200');
  assert.equal(front.names.at(-1), 'page.example.test');
  assert.equal(await one.get('http://page.example.test/tower'), 'answered 200');
  assert.equal(await one.get('http://page.example.test/tower'), 'answered 200');
  assert.equal(web.requests.at(-1)?.headers.host, 'page.example.test');
  assert.deepEqual(one.targets(), ['93.184.215.14:443', '93.184.215.14:80'], 'and by name never');
  assert.deepEqual(one.proxy.forwarded, []);
});

test('a name that leads inside is refused before the proxy hears of it', async () => {
  await using one = await start();
  const inside = [
    'inner.example.test',
    'mixed.example.test',
    '10.0.0.7',
    '127.0.0.1',
    '[::1]',
    '169.254.169.254',
    'localhost',
  ];
  for (const host of inside) {
    for (const scheme of ['http', 'https']) {
      const told = await one.get(`${scheme}://${host}/`);
      if (host === 'localhost') assert.match(told, /^network: .*ENOTFOUND/);
      else assert.match(told, /^address: .*is not a public address/, `${scheme} ${host}`);
    }
  }
  assert.equal(one.proxy.connections, 0);
});

test('each redirect is checked again', async () => {
  await using one = await start();
  const target = encodeURIComponent('http://inner.example.test/tower');
  assert.match(await one.get(`http://page.example.test/to?url=${target}`), /^address: .*10\.0\.0\.7/);
  assert.deepEqual(one.targets(), ['93.184.215.14:80']);
});

test('a name that is not known here is told with why that matters', async () => {
  await using one = await start();
  assert.equal(
    await one.get('https://nobody.example.test/'),
    "network: nobody.example.test can't be resolved on this machine, which checks its address before it asks the proxy: its name can't be resolved on this machine",
  );
  assert.equal(one.proxy.connections, 0);
});

test('of several addresses those after one that the proxy can not reach are tried, IPv4 first', async () => {
  await using one = await start({ refuse: (authority) => (authority.startsWith('[') ? undefined : 502) });
  assert.equal(await one.get('http://both.example.test/tower'), 'answered 200');
  assert.deepEqual(one.targets(), ['93.184.215.14:80', '[2606:2800:21f::1]:80']);
  await using refusing = await start({ refuse: () => 403 });
  assert.match(
    await refusing.get('http://both.example.test/'),
    /^network: the proxy .* refused the connection \(403\)/,
  );
  assert.equal(refusing.targets().length, 1, 'a refusal is meant for the destination as a whole');
});

test('a network of NO_PROXY is one of addresses, whatever name leads to them', async () => {
  await using one = await start({}, [{ kind: 'network', address: '127.0.0.0', prefix: 8 }]);
  assert.equal(await one.get(`http://allowed.example.test:${web.port}/tower`), 'answered 200');
  assert.equal(one.proxy.connections, 0);
});

test('what people are told of a refused address holds no address', async () => {
  const { AddressRefusedError } = await import('../../src/network/address-guard.ts');
  const refusal = new AddressRefusedError('inner.example.test: 10.0.0.7 is not a public address', '10.0.0.7');
  for (const error of [
    refusal,
    new Error('outer', { cause: refusal }),
    new AggregateError([new Error('x'), refusal]),
  ]) {
    assert.deepEqual(explainConnectionFailure(error), {
      reason: 'its address is not public, and only the operator may use such a one',
      kind: 'lasting',
    });
  }
});
