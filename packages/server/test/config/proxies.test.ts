/** The variables of proxies: spellings, precedence, what is refused, and that no credential is shown. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalog } from '../../src/catalog.ts';
import { parseConfig } from '../../src/config/config.ts';
import { formatProblems } from '../../src/config/problems.ts';
import type { ProxiesConfig } from '../../src/config/proxies.ts';

function proxiesOf(environment: Record<string, string>): ProxiesConfig | undefined {
  const { config, problems } = parseConfig(environment, catalog);
  assert.deepEqual(problems, undefined);
  return config?.proxies;
}

const origins = (environment: Record<string, string>) => {
  const proxies = proxiesOf(environment);
  return [proxies?.https?.origin, proxies?.http?.origin];
};

test('each scheme has its proxy; the names in lower case and ALL_PROXY are read as curl reads them', () => {
  const a = 'http://a:3128';
  const b = 'https://b.example';
  assert.deepEqual(origins({}), [undefined, undefined]);
  assert.deepEqual(origins({ HTTPS_PROXY: a }), [a, undefined]);
  assert.deepEqual(origins({ HTTP_PROXY: a }), [undefined, a]);
  assert.deepEqual(origins({ HTTPS_PROXY: a, https_proxy: b }), [b, undefined]);
  assert.deepEqual(origins({ http_proxy: `${b}/`, HTTP_PROXY: a }), [undefined, b]);
  assert.deepEqual(origins({ ALL_PROXY: a }), [a, a]);
  assert.deepEqual(origins({ ALL_PROXY: a, http_proxy: b }), [a, b]);
  assert.deepEqual(origins({ all_proxy: ' ', HTTPS_PROXY: '', https_proxy: ' ' }), [undefined, undefined]);
  assert.deepEqual(origins({ https_proxy: '', HTTPS_PROXY: a }), [a, undefined]);
  // A socks proxy for the rest does not matter where both have their own.
  assert.deepEqual(origins({ HTTPS_PROXY: a, HTTP_PROXY: b, ALL_PROXY: 'socks5://c:1080' }), [a, b]);
});

test('an address without a scheme is one of http', () => {
  assert.deepEqual(origins({ HTTPS_PROXY: 'proxy.example:3128' }), ['http://proxy.example:3128', undefined]);
  assert.deepEqual(origins({ HTTPS_PROXY: '10.0.0.1:8080' }), ['http://10.0.0.1:8080', undefined]);
  assert.deepEqual(origins({ HTTPS_PROXY: 'http://[fd00::1]:8080' }), ['http://[fd00::1]:8080', undefined]);
});

test('credentials become a header, decoded, and are nowhere else', () => {
  const proxies = proxiesOf({
    HTTPS_PROXY: 'http://us%40er:p%3Aass%C3%A4@proxy:3128',
    HTTP_PROXY: 'only:@p',
  });
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  assert.deepEqual(proxies, {
    https: { origin: 'http://proxy:3128', authorization: basic('us@er:p:assä') },
    http: { origin: 'http://p', authorization: basic('only:') },
    exceptions: [],
  });
});

test('what is no proxy is refused in one sentence for each variable, without its credentials', () => {
  const wrong = [
    'socks5://user:secret-word@proxy:1080',
    'socks://proxy',
    'ftp://proxy',
    'http://',
    'http://user:secret-word@',
    'http://pro xy',
    'http://proxy:99999',
    'http://proxy?x=secret-word',
    'http://user:%zz-secret-word@proxy',
    ':3128',
  ];
  for (const value of wrong) {
    const { problems = [] } = parseConfig({ HTTPS_PROXY: value }, catalog);
    assert.deepEqual(
      problems.map(({ name }) => name),
      ['HTTPS_PROXY'],
      value,
    );
    const shown = formatProblems(problems);
    assert.match(shown, /allowed: the http:\/\/ or https:\/\/ address of a proxy, .* socks is not supported/);
    assert.doesNotMatch(shown, /secret-word/, value);
  }
});

test('a problem names the variable as it is spelled, once', () => {
  const names = (environment: Record<string, string>) =>
    parseConfig(environment, catalog).problems?.map(({ name }) => name);
  assert.deepEqual(names({ all_proxy: 'socks5h://p' }), ['all_proxy']);
  assert.deepEqual(names({ https_proxy: 'nonsense://', HTTP_PROXY: 'also://' }), [
    'https_proxy',
    'HTTP_PROXY',
  ]);
});

test('exceptions are names, addresses and networks, with a port or without', () => {
  const given =
    'example.com .Sub.Example.org,*.wild.example, host:8080,,10.0.0.0/8 127.0.0.1:99,[::1]:443,fd00::/8,::2,*:25,b\u00fccher.example.';
  assert.deepEqual(proxiesOf({ HTTP_PROXY: 'p', no_proxy: given })?.exceptions, [
    { kind: 'name', name: 'example.com', isWhole: true },
    { kind: 'name', name: 'sub.example.org', isWhole: true },
    { kind: 'name', name: 'wild.example', isWhole: false },
    { kind: 'name', name: 'host', isWhole: true, port: 8080 },
    { kind: 'network', address: '10.0.0.0', prefix: 8 },
    { kind: 'network', address: '127.0.0.1', prefix: 32, port: 99 },
    { kind: 'network', address: '::1', prefix: 128, port: 443 },
    { kind: 'network', address: 'fd00::', prefix: 8 },
    { kind: 'network', address: '::2', prefix: 128 },
    { kind: 'everything', port: 25 },
    { kind: 'name', name: 'xn--bcher-kva.example', isWhole: true },
  ]);
});

test('an exception that means nothing is refused by its text; without a proxy none matters', () => {
  const wrong = [
    'http://example.com',
    '10.0.0.0/33',
    '192.168.*',
    'a:0',
    'a:70000',
    'fd00::/200',
    '300.1.1.1',
    'a b*',
  ];
  for (const value of wrong) {
    const { problems = [] } = parseConfig({ HTTPS_PROXY: 'p', NO_PROXY: `good.example,${value}` }, catalog);
    assert.deepEqual(
      problems.map(({ name }) => name),
      ['NO_PROXY'],
      value,
    );
    assert.doesNotMatch(formatProblems(problems), /good/);
    assert.equal(proxiesOf({ NO_PROXY: value }), undefined);
  }
});
