/** Answers of a model through a proxy: streaming, time limits, cancelling, and failures that are the proxy's own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { answer, gate, startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';
import { makeCertificates, noOpenssl } from 'colloquy-testkit/web/certificates';
import { type ConnectProxyOptions, startConnectProxy } from 'colloquy-testkit/web/connect-proxy';
import { startTlsFront } from 'colloquy-testkit/web/tls-front';
import { ModelError } from '../../../src/models/model-error.ts';
import { listProviderModels } from '../../../src/models/provider-models.ts';
import { createRemoteModel, type RemoteModelRuntime } from '../../../src/models/remote-model.ts';
import { estimateTokens } from '../../../src/models/token-count.ts';
import { createUpstreamDispatcher } from '../../../src/models/upstream/dispatcher.ts';
import { createProxies, destinationOf, type ProxyServer } from '../../../src/network/proxies.ts';
import { apiKey, collect, hello, wires } from '../remote-models.ts';

const certificates = makeCertificates(['api.example.test']);
const skip = certificates === undefined && noOpenssl;
if (certificates) setDefaultCACertificates([...getCACertificates(), certificates.authority]);

async function start(options: Partial<ConnectProxyOptions> = {}, server: Partial<ProxyServer> = {}) {
  const upstream = await startScriptedUpstream();
  const front = await startTlsFront(
    Number(new URL(upstream.url).port),
    certificates ?? { key: '', cert: '' },
  );
  const ports = { ':443': front.port, ':80': Number(new URL(upstream.url).port) };
  const proxy = await startConnectProxy({
    route: (authority) => ports[authority.slice('api.example.test'.length) as ':80'],
    ...options,
  });
  const both = { origin: proxy.url, ...server };
  const proxies = createProxies({ https: both, http: both, exceptions: [] });
  const dispatcher = createUpstreamDispatcher({ connectMs: 20_000, proxies });
  const runtime: RemoteModelRuntime = {
    dispatcher,
    isProxied: (url) => proxies?.find(destinationOf(url)) !== undefined,
    timeouts: { connectMs: 20_000, firstTokenMs: 20_000, idleMs: 20_000 },
    maxRetries: 0,
    backoffMs: 1,
    random: () => 0,
    countTokens: estimateTokens,
  };
  return {
    upstream,
    front,
    proxy,
    dispatcher,
    model: (baseUrl: string, change: Partial<RemoteModelRuntime> = {}, wire = 'openai') =>
      createRemoteModel(
        { provider: wire === 'openai' ? 'openai-compatible' : 'anthropic', baseUrl, model: 'm', apiKey },
        { ...runtime, ...change },
      ),
    async [Symbol.asyncDispose]() {
      await dispatcher.destroy();
      for (const one of [proxy, front, upstream]) await one[Symbol.asyncDispose]();
    },
  };
}

const secure = 'https://api.example.test';

function failed(error: unknown, code: ModelError['code'], message: string, retryable: boolean): void {
  assert.ok(error instanceof ModelError, String(error));
  assert.deepEqual([error.code, error.message, error.retryable], [code, message, retryable]);
}

for (const wire of wires) {
  test(`${wire}: answers come through one tunnel, token by token`, { skip }, async () => {
    await using one = await start();
    const path = wire === 'openai' ? '/v1' : '/anthropic';
    const held = gate();
    one.upstream.enqueue({
      steps: [
        { do: 'tokens', tokens: ['One '] },
        held.step,
        { do: 'tokens', tokens: ['two'] },
        { do: 'finish' },
        { do: 'end' },
      ],
    });
    const model = one.model(`${secure}${path}`, {}, wire);
    const iterator = model.stream(hello, { signal: new AbortController().signal })[Symbol.asyncIterator]();
    const { value } = await iterator.next();
    assert.deepEqual([...(value ?? [])].map((part) => part.type === 'text' && part.text).filter(Boolean), [
      'One ',
    ]);
    held.release();
    while (!(await iterator.next()).done);
    await nextTurn();
    for (let call = 0; call < 3; call += 1) {
      assert.equal((await collect(model)).error, undefined);
      await nextTurn();
    }
    assert.deepEqual(
      one.proxy.tunnels.map(({ target }) => target),
      ['api.example.test:443'],
    );
    assert.equal(one.upstream.requests.length, 4);
    assert.equal(one.proxy.tunnels[0]?.headers.authorization, undefined, 'the key is for the provider only');
  });
}

test('a cancelled answer closes its tunnel, and no other', { skip }, async () => {
  await using one = await start();
  const model = one.model(`${secure}/v1`);
  const stalled = { steps: [{ do: 'tokens', tokens: ['x'] }, { do: 'stall' }] } as const;
  one.upstream.enqueue(stalled, stalled);
  const controllers = [new AbortController(), new AbortController()] as const;
  const streams = controllers.map(({ signal }) => model.stream(hello, { signal })[Symbol.asyncIterator]());
  for (const stream of streams) await stream.next();
  assert.equal(one.proxy.openTunnels, 2);
  controllers[0].abort();
  await assert.rejects(async () => streams[0]?.next());
  await one.upstream.requests[0]?.closed.then((end) => assert.equal(end, 'aborted'));
  assert.equal(one.upstream.requests[1]?.abortedAt, undefined);
  controllers[1].abort();
  await assert.rejects(async () => streams[1]?.next());
  await one.proxy.idle();
});

test('over plain http, a cancelled answer closes its connection to the proxy', async () => {
  await using one = await start();
  one.upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['x'] }, { do: 'stall' }] });
  const controller = new AbortController();
  const model = one.model('http://api.example.test/v1');
  const stream = model.stream(hello, { signal: controller.signal })[Symbol.asyncIterator]();
  await stream.next();
  assert.equal(one.proxy.forwarded.length, 1);
  controller.abort();
  await assert.rejects(async () => stream.next());
  assert.equal(await one.upstream.requests[0]?.closed, 'aborted');
});

test('a proxy that stays silent is a time limit that names it', async () => {
  await using one = await start({ refuse: () => 'silence' });
  const timeouts = { connectMs: 80, firstTokenMs: 20_000, idleMs: 20_000 };
  const { error } = await collect(one.model(`${secure}/v1`, { timeouts }));
  const message = 'the provider openai-compatible could not be reached through the proxy within 80 ms';
  failed(error, 'provider_timeout', message, true);
});

test('the first token and silence have their time limits inside a tunnel', { skip }, async () => {
  await using one = await start();
  const limits = { connectMs: 20_000, firstTokenMs: 20_000, idleMs: 20_000 };
  one.upstream.enqueue({ steps: [{ do: 'headers' }, { do: 'stall' }] });
  const late = await collect(one.model(`${secure}/v1`, { timeouts: { ...limits, firstTokenMs: 50 } }));
  failed(late.error, 'provider_timeout', 'the provider openai-compatible said nothing within 50 ms', false);
  one.upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['x'] }, { do: 'stall' }] });
  const idle = await collect(one.model(`${secure}/v1`, { timeouts: { ...limits, idleMs: 50 } }));
  failed(idle.error, 'provider_timeout', 'the provider openai-compatible fell silent for 50 ms', false);
  await one.proxy.idle();
});

const prefix = 'the connection to the provider openai-compatible failed: the proxy';
const cases: readonly (readonly [string, Partial<ConnectProxyOptions>, string, boolean])[] = [
  ['403', { refuse: () => 403 }, `${prefix} refused the connection (403)`, false],
  ['502', { refuse: () => 502 }, `${prefix} could not connect (502)`, true],
  ['407', { credentials: 'a:b' }, `${prefix} asks for credentials (407); it takes Basic`, false],
  [
    'hang-up',
    { refuse: () => 'close' },
    `${prefix} closed the connection before it was open (ECONNRESET)`,
    true,
  ],
];
for (const [name, options, message, isRetried] of cases) {
  test(`${name} of the proxy is the proxy's failure, ${isRetried ? '' : 'not '}retried, in lists of models too`, async () => {
    await using one = await start(options);
    const { error } = await collect(one.model(`${secure}/v1`, { maxRetries: 2 }));
    failed(error, 'provider_error', message, isRetried);
    assert.equal(one.proxy.tunnels.length, isRetried ? 3 : 1);
    const list = await listProviderModels({
      provider: 'openai-compatible',
      baseUrl: `${secure}/v1`,
      dispatcher: one.dispatcher,
      timeoutMs: 20_000,
    });
    assert.deepEqual(list, { ok: false, error: message });
  });
}

test('504 of the proxy is a time limit', async () => {
  await using one = await start({ refuse: () => 504 });
  const { error } = await collect(one.model(`${secure}/v1`));
  failed(error, 'provider_timeout', `${prefix} had no answer in time (504)`, true);
});

test('407 to a forwarded request is the proxy’s, and credentials are shown nowhere', async () => {
  const authorization = `Basic ${Buffer.from('user:secret-word').toString('base64')}`;
  await using one = await start({ credentials: 'another:word' }, { authorization });
  const { error } = await collect(one.model('http://api.example.test/v1'));
  failed(
    error,
    'provider_error',
    `${prefix} refused the credentials in its address (407); it takes Basic`,
    false,
  );
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    assert.doesNotMatch(JSON.stringify([cause.message, cause.stack, { ...cause }]), /secret-word|dXNlcjpz/);
});

test('what a provider answers through a proxy stays its own', { skip }, async () => {
  await using one = await start();
  one.upstream.enqueue(
    { status: 502, body: { error: { message: 'a bad gateway of its own' } } },
    answer('fine'),
  );
  const { error } = await collect(one.model(`${secure}/v1`));
  failed(
    error,
    'provider_error',
    'the provider openai-compatible answered 502: a bad gateway of its own',
    true,
  );
  assert.equal((await collect(one.model('http://api.example.test/v1'))).text, 'fine');
});
