/** A provider whose certificate is from an authority of one's own, and proxies, as a server in a process has them. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { launchServer, spawnServer } from 'colloquy-testkit/server-process';
import { administer, adminKey, makeTenant } from 'colloquy-testkit/tenants';
import { startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';
import { makeCertificates, noOpenssl } from 'colloquy-testkit/web/certificates';
import { startConnectProxy } from 'colloquy-testkit/web/connect-proxy';
import { startTlsFront } from 'colloquy-testkit/web/tls-front';

const certificates = makeCertificates(['127.0.0.1', 'api.example.test']);

describe('a server in a process of its own', { skip: certificates === undefined && noOpenssl }, async () => {
  const place = await mkdtemp(join(tmpdir(), 'colloquy-authorities-'));
  const upstream = await startScriptedUpstream();
  const front = await startTlsFront(
    Number(new URL(upstream.url).port),
    certificates ?? { key: '', cert: '' },
  );
  const authority = join(place, 'authority.pem');
  await writeFile(authority, certificates?.authority ?? '');
  after(async () => {
    await front[Symbol.asyncDispose]();
    await upstream[Symbol.asyncDispose]();
    await rm(place, { recursive: true, force: true });
  });

  let count = 0;
  const environment = (more: Record<string, string>): Record<string, string> =>
    serverEnvironment({ dataDir: join(place, `data-${count++}`), databaseUrl: undefined } as never, more);

  /** Tests a model at an address, as an administrator does. */
  async function testModel(url: string, baseUrl: string): Promise<{ ok: boolean; error: string | null }> {
    const { organizationId, modelId } = await makeTenant(url, { openAiUrl: baseUrl });
    return administer(url, 'POST', `/organizations/${organizationId}/models/${modelId}/test`);
  }

  const secure = `https://127.0.0.1:${front.port}/v1`;

  test('without its authority the provider is not trusted, and the error says what to set', async () => {
    await using server = await spawnServer(environment({}));
    const { ok, error } = await testModel(server.url, secure);
    assert.deepEqual(
      [ok, error],
      [
        false,
        'the connection to the provider openai-compatible failed: its certificate is not trusted; set NODE_EXTRA_CA_CERTS to a PEM file with the certificate of the authority that issued it',
      ],
    );
  });

  test('NODE_EXTRA_CA_CERTS in the environment', async () => {
    await using server = await spawnServer(environment({ NODE_EXTRA_CA_CERTS: authority }));
    assert.deepEqual((await testModel(server.url, secure)).error, null);
  });

  test('NODE_EXTRA_CA_CERTS in the file .env, which Node.js does not read', async () => {
    await writeFile(join(place, '.env'), `NODE_EXTRA_CA_CERTS=${authority}\n`);
    await using server = await spawnServer(environment({}), { cwd: place });
    assert.deepEqual((await testModel(server.url, secure)).error, null);
  });

  test('a server behind a proxy says so, asks its provider through it, and logs no credentials', async () => {
    await using proxy = await startConnectProxy({ route: () => front.port, credentials: 'someone:a-secret' });
    const withCredentials = proxy.url.replace('//', '//someone:a-secret@');
    await using server = await spawnServer(
      environment({
        https_proxy: withCredentials,
        NODE_EXTRA_CA_CERTS: authority,
        OPENAI_API_KEY: 'sk-test',
        OPENAI_BASE_URL: 'https://api.example.test/v1',
        LOG_LEVEL: 'debug',
      }),
    );
    assert.match(
      server.output(),
      new RegExp(`https:// addresses outside are reached through the proxy ${proxy.url}`),
    );
    assert.match(server.output(), /scripted/, 'the list of models came through the proxy');
    const before = upstream.requests.length;
    const headers = { authorization: `Bearer ${adminKey}` };
    assert.equal((await fetch(`${server.url}/api/admin/organizations`, { headers })).status, 200);
    assert.deepEqual((await testModel(server.url, 'https://api.example.test/v1')).error, null);
    assert.equal(upstream.requests.length, before + 1);
    assert.deepEqual([...new Set(proxy.tunnels.map(({ target }) => target))], ['api.example.test:443']);
    assert.equal(proxy.openTunnels > 0, true);
    assert.doesNotMatch(server.output(), /a-secret|c29tZW9uZTph/);
  });

  test('a proxy that is none is one sentence, without its credentials', async () => {
    const child = launchServer(environment({ HTTPS_PROXY: 'socks5://me:a-secret@proxy:1080' }), {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    assert.equal(code, 78);
    assert.match(
      stderr,
      /HTTPS_PROXY: holds "socks5:\/\/…@proxy:1080"; allowed: .*socks is not supported\n\n$/,
    );
    assert.doesNotMatch(stderr, /a-secret|\bat /);
  });
});
