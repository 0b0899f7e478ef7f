/** Which destinations go through which proxy, by table. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalog } from '../../src/catalog.ts';
import { parseConfig } from '../../src/config/config.ts';
import { createProxies, destinationOf } from '../../src/network/proxies.ts';

const secure = 'http://secure:3128';
const plain = 'http://plain:3128';

function find(noProxy: string, url: string): string | undefined {
  const environment = { HTTPS_PROXY: secure, HTTP_PROXY: plain, NO_PROXY: noProxy };
  const { config, problems } = parseConfig(environment, catalog);
  assert.equal(problems, undefined);
  return createProxies(config?.proxies)?.find(destinationOf(new URL(url)))?.origin;
}

test('the scheme of the destination chooses', () => {
  assert.equal(find('', 'https://api.example.com/v1'), secure);
  assert.equal(find('', 'http://api.example.com/v1'), plain);
});

test('loopback is never reached through a proxy', () => {
  const hosts = [
    'localhost:11434',
    'LOCALHOST',
    'localhost.',
    'a.localhost',
    '127.0.0.1',
    '127.9.9.9:1',
    '[::1]:8080',
  ];
  for (const host of hosts) assert.equal(find('', `http://${host}/`), undefined, host);
  for (const host of ['localhost.example.com', '128.0.0.1', '[::2]', '10.0.0.1', 'ollama'])
    assert.equal(find('', `http://${host}/`), plain, host);
});

/** Value of NO_PROXY; addresses that it takes out; addresses that it does not. */
const table: readonly (readonly [string, string, string])[] = [
  [
    'example.com',
    'https://example.com https://a.b.example.com http://EXAMPLE.com:81 https://example.com.',
    'https://notexample.com https://example.com.org https://com',
  ],
  ['.example.com', 'https://example.com https://a.example.com', 'https://notexample.com'],
  ['*.example.com', 'https://a.example.com https://b.a.example.com', 'https://example.com'],
  ['example.com.', 'https://example.com', 'https://example.org'],
  ['*', 'https://x.example http://10.1.1.1 https://[2001:db8::1]', ''],
  ['none.invalid *', 'https://x.example', ''],
  ['*:8080', 'http://x.example:8080', 'http://x.example'],
  [
    'x.example:8443',
    'https://x.example:8443 https://y.x.example:8443',
    'https://x.example http://x.example:8444',
  ],
  ['x.example:443', 'https://x.example', 'http://x.example'],
  ['x.example:80', 'http://x.example', 'https://x.example'],
  ['ollama', 'http://ollama:11434', 'http://ollama2:11434'],
  ['10.1.2.3', 'http://10.1.2.3 https://10.1.2.3:8443', 'http://10.1.2.30 http://10.1.2.3.example'],
  ['10.1.2.3:8080', 'http://10.1.2.3:8080', 'http://10.1.2.3'],
  ['10.0.0.0/8', 'http://10.255.0.1', 'http://11.0.0.1 http://10.example.com'],
  ['192.168.16.0/20', 'http://192.168.31.255', 'http://192.168.32.0'],
  ['fd00::/8', 'http://[fd12::1]:8000', 'http://[fe80::1] http://10.0.0.1'],
  ['2001:db8::1', 'https://[2001:db8::1] https://[2001:0db8:0:0::1]', 'https://[2001:db8::2]'],
  ['[2001:db8::1]:8443', 'https://[2001:db8::1]:8443', 'https://[2001:db8::1]'],
  [
    'a.example, b.example\tc.example',
    'https://a.example https://b.example https://c.example',
    'https://d.example',
  ],
];

for (const [noProxy, taken, left] of table) {
  test(`NO_PROXY=${noProxy}`, () => {
    for (const url of taken.split(' ')) assert.equal(find(noProxy, url), undefined, url);
    for (const url of left.split(' ').filter(Boolean))
      assert.equal(find(noProxy, url), url.startsWith('https') ? secure : plain, url);
  });
}

test('the description names the proxies without credentials', () => {
  const describe = (https?: string, http?: string) =>
    createProxies({
      ...(https && { https: { origin: https, authorization: 'Basic c2VjcmV0' } }),
      ...(http && { http: { origin: http } }),
      exceptions: [],
    })?.description;
  assert.equal(describe(secure, secure), `Connections to the outside go through the proxy ${secure}.`);
  assert.equal(
    describe(secure),
    `https:// addresses outside are reached through the proxy ${secure}, http:// ones without a proxy.`,
  );
  assert.match(describe(secure, plain) ?? '', /^https.*secure.*http:.*plain:3128\.$/);
  assert.equal(describe(), undefined);
});
