/** What operators see of how the server was started, and the search that they try. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, test } from 'node:test';
import { startTestServer } from 'colloquy-testkit/server';
import { administer, adminKey } from 'colloquy-testkit/tenants';

/** A SearXNG whose next answers are scripted. */
async function startSearxng() {
  const script: { status: number; body: string; delay: Promise<void> } = {
    status: 200,
    body: '{"results": []}',
    delay: Promise.resolve(),
  };
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    asked.push(new URL(request.url ?? '', 'http://localhost').searchParams.get('q') ?? '');
    await script.delay;
    response.writeHead(script.status, { 'content-type': 'application/json' }).end(script.body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { script, asked, address: `http://127.0.0.1:${port}`, close: () => server.close() };
}

interface Shown {
  readonly variables: readonly {
    readonly name: string;
    readonly value: string | null;
    readonly is_set: boolean;
    readonly is_secret: boolean;
  }[];
  readonly search: { readonly engine: string; readonly variable: string | null };
  readonly sign_in: object | null;
}

describe('the settings of the server', { concurrency: false }, async () => {
  const searxng = await startSearxng();
  after(() => searxng.close());
  const hidden = 'quite-hidden-4711';
  const environment = {
    SEARXNG_URL: searxng.address.replace('//', `//user:${hidden}@`),
    BRAVE_API_KEY: hidden,
    OPENAI_API_KEY: `sk-${hidden}`,
    OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
    OPENAI_MODEL: 'large, small',
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=${hidden}`,
    https_proxy: `http://user:${hidden}@proxy.example.com:3128`,
    NO_PROXY: '127.0.0.1',
    OIDC_ISSUER: 'https://login.example.com/realms/acme',
    OIDC_CLIENT_ID: 'colloquy',
    OIDC_CLIENT_SECRET: hidden,
    OIDC_LABEL: 'Acme',
    PUBLIC_URL: 'https://chat.example.com/talk/',
    COLLOQUY_SUMMARIES: 'off',
  };
  const server = await startTestServer('sqlite', { environment });
  after(() => server[Symbol.asyncDispose]());
  const search = async (body: object) => {
    const response = await fetch(`${server.url}/api/admin/server-settings/search-test`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field.
    return { status: response.status, body: (await response.json()) as any };
  };

  test('all variables are told, with what holds, and no secret', async () => {
    const shown = await administer<Shown>(server.url, 'GET', '/server-settings');
    const text = JSON.stringify(shown);
    for (const secret of [hidden, adminKey, 'a secret of the tests'])
      assert.equal(text.includes(secret), false, secret);
    const of = (name: string) => {
      const found = shown.variables.find((one) => one.name === name);
      return found && [found.value, found.is_set, found.is_secret];
    };
    assert.deepEqual(of('COLLOQUY_SUMMARIES'), ['off', true, false]);
    assert.deepEqual(of('AUDIT_RETENTION_DAYS'), ['400', false, false]);
    assert.deepEqual(of('OPENAI_MODEL'), ['large, small', true, false]);
    assert.deepEqual(of('OPENAI_API_KEY'), [null, true, true]);
    assert.deepEqual(of('TAVILY_API_KEY'), [null, false, true]);
    assert.deepEqual(of('COLLOQUY_SECRET'), [null, true, true]);
    assert.deepEqual(of('DATABASE_URL'), [null, false, false]);
    assert.deepEqual(of('SEARXNG_URL'), [searxng.address.replace('//', '//…@'), true, false]);
    assert.deepEqual(of('HTTPS_PROXY'), ['http://…@proxy.example.com:3128', true, false]);
    assert.equal(of('COLLOQUY_API_KEY'), undefined);
    assert.deepEqual(shown.search, { engine: 'searxng', variable: 'SEARXNG_URL' });
    assert.deepEqual(shown.sign_in, {
      passwords: true,
      openid: { issuer: 'https://login.example.com/realms/acme', label: 'Acme' },
      openid_callback: 'https://chat.example.com/talk/api/console/oidc/callback',
      passkeys: { state: 'available', host: 'chat.example.com' },
    });
  });

  test('organizations see what holds where they set nothing', async () => {
    const path = `/organizations/${server.organizationId}/settings`;
    const { defaults } = await administer<{ defaults: object }>(server.url, 'GET', path);
    assert.deepEqual(defaults, { titles: 'off', summaries: 'off', search_engine: 'searxng' });
  });

  test('a search is tried by the engine itself, and what it finds is told', async () => {
    const results = Array.from({ length: 12 }, (_, index) => ({
      title: `Page <b>${index}</b>`,
      url: `https://example.com/${index}`,
      content: 'about it',
    }));
    searxng.script.body = JSON.stringify({ results: [{ url: 'javascript:alert(1)' }, ...results] });
    const { status, body } = await search({ query: 'towers' });
    assert.equal(status, 200);
    assert.equal(searxng.asked.at(-1), 'towers');
    assert.deepEqual([body.ok, body.engine, body.error, body.hits.length], [true, 'searxng', null, 8]);
    assert.deepEqual(body.hits[0], { title: 'Page 0', url: 'https://example.com/0' });
    const trail = await administer<{ data: { after: object; subject: { kind: string } }[] }>(
      server.url,
      'GET',
      '/audit?action=search.test&limit=1',
    );
    assert.deepEqual(trail.data[0]?.after, { engine: 'searxng' });
  });

  test('what the engine fails with is told in words', async () => {
    searxng.script.status = 403;
    const { status, body } = await search({ query: 'towers' });
    assert.equal(status, 200);
    assert.deepEqual([body.ok, body.hits], [false, []]);
    assert.match(body.error, /SearXNG answered 403/);
    searxng.script.status = 200;
    searxng.script.body = 'no JSON';
    assert.match((await search({ query: 'towers' })).body.error, /answered no JSON/);
  });

  test('one at a time; bad input is named', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    searxng.script.delay = promise;
    searxng.script.body = '{"results": []}';
    const first = search({ query: 'slow' });
    while (searxng.asked.at(-1) !== 'slow') await new Promise((soon) => setTimeout(soon, 10));
    assert.equal((await search({ query: 'second' })).status, 409);
    resolve();
    assert.deepEqual((await first).body.hits, []);
    assert.equal((await search({ query: 'third' })).status, 200);
    for (const body of [
      {},
      { query: '' },
      { query: '  ' },
      { query: 'a'.repeat(401) },
      { query: 1 },
      { q: 'a' },
    ]) {
      const refused = await search(body);
      assert.equal(refused.status, 400, JSON.stringify(body));
      assert.match(refused.body.error, /q(uery)?\b/);
    }
  });
});
