/** Requests through a real proxy on loopback: tunnels, forwarded requests, keep-alive, and what fails in which words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { findFreePort } from 'colloquy-testkit/free-port';
import { makeCertificates, noOpenssl } from 'colloquy-testkit/web/certificates';
import {
  type ConnectProxy,
  type ConnectProxyOptions,
  startConnectProxy,
} from 'colloquy-testkit/web/connect-proxy';
import { serve } from 'colloquy-testkit/web/small-web';
import { startTlsFront } from 'colloquy-testkit/web/tls-front';
import { Agent, type Dispatcher, request } from 'undici';
import { explainConnectionFailure } from '../../src/network/connection-failure.ts';
import { createOutsideAgent } from '../../src/network/outside-agent.ts';
import { createOutsideFetch } from '../../src/network/outside-fetch.ts';
import { createProxies, type ProxyServer } from '../../src/network/proxies.ts';

const certificates = makeCertificates(['api.example.test', 'localhost']);
const skip = certificates === undefined && noOpenssl;
if (certificates) setDefaultCACertificates([...getCACertificates(), certificates.authority]);

const web = await serve('127.0.0.1', (incoming, response) => {
  response.end(`${incoming.method} ${incoming.url} for ${incoming.headers.host}`);
});
const front = await startTlsFront(web.port, certificates ?? { key: '', cert: '' });
test.after(async () => {
  await front[Symbol.asyncDispose]();
  await web[Symbol.asyncDispose]();
});

/** Names under `.test` lead to the server on loopback: port 443 with TLS, port 80 without. */
const route = (authority: string): number | undefined => {
  if (!/^[a-z.]+\.example\.test:/.test(authority)) return undefined;
  return authority.endsWith(':443') ? front.port : web.port;
};

interface Through extends AsyncDisposable {
  readonly proxy: ConnectProxy;
  readonly dispatcher: Dispatcher;
  get(url: string, options?: { readonly headers?: Record<string, string> | string[] }): Promise<string>;
}

async function through(
  options: Partial<ConnectProxyOptions> = {},
  { connectMs = 5_000, ...server }: Partial<ProxyServer> & { readonly connectMs?: number } = {},
): Promise<Through> {
  const proxy = await startConnectProxy({ route, ...options });
  const both = { origin: proxy.url, ...server };
  const dispatcher = createOutsideAgent({
    connectMs,
    proxies: createProxies({ https: both, http: both, exceptions: [] }),
  });
  return {
    proxy,
    dispatcher,
    async get(url, more) {
      const { statusCode, body } = await request(url, { dispatcher, ...more });
      const text = await body.text();
      // undici takes the connection back in the next turn.
      await nextTurn();
      return statusCode === 200 ? text : `${statusCode} ${text}`;
    },
    async [Symbol.asyncDispose]() {
      await dispatcher.destroy();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

/** The clause that people read, how lasting it is, and the message for the log. */
async function failureOf(promise: Promise<unknown>): Promise<readonly [string, string, string]> {
  try {
    return ['answered', String(await promise), ''];
  } catch (error) {
    const failure = explainConnectionFailure(error);
    return [failure?.reason ?? String(error), failure?.kind ?? 'unknown', (error as Error).message];
  }
}

test('https goes through a tunnel to the name, whose certificate is checked', { skip }, async () => {
  await using one = await through();
  assert.equal(await one.get('https://api.example.test/v1/x?y=1'), 'GET /v1/x?y=1 for api.example.test');
  assert.deepEqual(
    one.proxy.tunnels.map(({ target }) => target),
    ['api.example.test:443'],
  );
  assert.equal(front.names.at(-1), 'api.example.test');
  const [reason, kind] = await failureOf(one.get('https://other.example.test/'));
  assert.deepEqual([reason, kind], ['its certificate is for another name', 'lasting']);
});

test('http is a request to the proxy, in absolute form and with every form of headers', async () => {
  await using one = await through();
  const url = 'http://api.example.test/a?b=c';
  for (const headers of [{ 'x-own': 'yes' }, ['x-own', 'yes']]) {
    assert.equal(await one.get(url, { headers }), 'GET /a?b=c for api.example.test');
  }
  assert.equal(await one.get('http://api.example.test:8081/'), 'GET / for api.example.test:8081');
  assert.deepEqual(one.proxy.tunnels, []);
  assert.deepEqual(
    one.proxy.forwarded.map(({ target }) => target),
    [url, url, 'http://api.example.test:8081/'],
  );
  assert.equal(one.proxy.forwarded[0]?.headers['x-own'], 'yes');
  assert.equal(one.proxy.connections, 1, 'the connection to the proxy is kept');
});

test('a tunnel is kept and used again for its own destination only', { skip }, async () => {
  await using one = await through();
  for (let call = 0; call < 5; call += 1) await one.get('https://api.example.test/');
  assert.equal(one.proxy.tunnels.length, 1);
  await failureOf(one.get('https://other.example.test/'));
  await one.get('https://api.example.test/');
  assert.equal(one.proxy.tunnels.length, 2);
});

test('loopback is reached without the proxy, as is everything without one', async () => {
  await using one = await through();
  assert.match(await one.get(`${web.url}/direct`), /^GET \/direct/);
  assert.match(await one.get(`http://localhost:${web.port}/direct`), /^GET \/direct/);
  assert.equal(one.proxy.connections, 0);
  const plain = createOutsideAgent({ connectMs: 1_000 });
  assert.ok(plain instanceof Agent);
  await plain.close();
});

test('credentials go to the proxy alone', { skip }, async () => {
  const credentials = 'user:a secret word';
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  await using one = await through({ credentials }, { authorization });
  assert.match(await one.get('https://api.example.test/'), /^GET/);
  assert.match(await one.get('http://api.example.test/'), /^GET/);
  for (const { headers } of web.requests) assert.equal(headers['proxy-authorization'], undefined);
  for (const wrong of [undefined, 'Basic d3Jvbmc6c2VjcmV0']) {
    await using other = await through({ credentials }, wrong === undefined ? {} : { authorization: wrong });
    for (const scheme of ['http', 'https']) {
      const what = wrong === undefined ? 'asks for credentials' : 'refused the credentials in its address';
      const told = await failureOf(other.get(`${scheme}://api.example.test/`));
      const reason = `${what} (407); it takes Basic`;
      assert.deepEqual(told, [`the proxy ${reason}`, 'lasting', `the proxy ${other.proxy.url} ${reason}`]);
    }
  }
});

const refusals: readonly (readonly [number, RegExp, string])[] = [
  [403, /^the proxy refused the connection \(403\)$/, 'lasting'],
  [405, /refused the connection \(405\)/, 'lasting'],
  [429, /refused the connection \(429\)/, 'passing'],
  [502, /could not connect \(502\)/, 'passing'],
  [503, /could not connect \(503\)/, 'passing'],
  [504, /had no answer in time \(504\)/, 'timeout'],
];
for (const [status, reason, kind] of refusals) {
  test(`a tunnel that is answered with ${status} is the proxy's failure, and ${kind}`, async () => {
    await using one = await through({ refuse: () => status });
    const told = await failureOf(one.get('https://api.example.test/'));
    assert.match(told[0], reason);
    assert.equal(told[1], kind);
    assert.match(told[2], new RegExp(`the proxy ${one.proxy.url} `));
  });
}

test('a proxy that is away, silent, hangs up or speaks no HTTP is told apart', async () => {
  const away = createOutsideAgent({
    connectMs: 5_000,
    proxies: createProxies({ https: { origin: `http://127.0.0.1:${await findFreePort()}` }, exceptions: [] }),
  });
  const gone = await failureOf(request('https://api.example.test/', { dispatcher: away }));
  assert.deepEqual(gone.slice(0, 2), ["the proxy can't be reached (ECONNREFUSED)", 'passing']);
  await away.destroy();
  await using silent = await through({ refuse: () => 'silence' }, { connectMs: 100 });
  const late = await failureOf(silent.get('https://api.example.test/'));
  assert.deepEqual(late.slice(0, 2), ['the proxy did not open the connection in time', 'timeout']);
  await using closing = await through({ refuse: () => 'close' });
  const cut = await failureOf(closing.get('https://api.example.test/'));
  assert.deepEqual(cut.slice(0, 2), [
    'the proxy closed the connection before it was open (ECONNRESET)',
    'passing',
  ]);
});

test('a proxy may itself speak TLS; its certificate is checked for its own name', { skip }, async () => {
  await using one = await through({ tls: certificates as never });
  assert.match(await one.get('https://api.example.test/'), /^GET \/ for api/);
  assert.match(await one.get('http://api.example.test/'), /^GET \/ for api/);
  assert.match(await one.get('http://b.example.test/'), /^GET \/ for b/);
  assert.equal(one.proxy.connections, 2, 'one tunnel, one connection for both forwarded requests');
  const origin = one.proxy.url.replace('localhost', '127.0.0.1');
  await using other = await through({}, { origin });
  for (const scheme of ['http', 'https']) {
    const told = await failureOf(other.get(`${scheme}://api.example.test/`));
    assert.deepEqual(told.slice(0, 2), [
      'the proxy has a problem: its certificate is for another name',
      'lasting',
    ]);
  }
});

test('the fetch for libraries goes the same way', { skip }, async () => {
  await using proxy = await startConnectProxy({ route });
  const proxies = createProxies({ https: { origin: proxy.url }, exceptions: [] });
  await using outside = createOutsideFetch({ connectMs: 5_000, proxies });
  const response = await outside.fetch('https://api.example.test/jwks', {
    headers: new Headers({ 'x-a': 'b' }),
  });
  assert.equal(await response.text(), 'GET /jwks for api.example.test');
  assert.equal(web.requests.at(-1)?.headers['x-a'], 'b');
  assert.equal(proxy.tunnels.length, 1);
});
