/** Traces of a server, as a collector gets them over HTTP. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestServer } from 'colloquy-testkit/server';
import { answer, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { parseTraceParent } from '../../src/tracing/trace-parent.ts';

interface OtlpValue {
  readonly stringValue?: string;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values: readonly OtlpValue[] };
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status: { readonly code?: number; readonly message?: string };
  readonly attributes: readonly { readonly key: string; readonly value: OtlpValue }[];
}

interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: OtlpSpan['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

/** An OTLP/HTTP collector that keeps what it gets. */
async function startCollector() {
  const requests: OtlpRequest[] = [];
  const paths: string[] = [];
  const server = createServer(async (request, response) => {
    paths.push(`${request.method} ${request.url} ${request.headers['x-tenant']}`);
    requests.push((await json(request)) as OtlpRequest);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    requests,
    spans: () =>
      requests.flatMap(({ resourceSpans }) =>
        resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      ),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function attributesOf({ attributes }: OtlpSpan): Record<string, unknown> {
  const plain = (value: OtlpValue): unknown =>
    value.arrayValue?.values.map(plain) ??
    value.stringValue ??
    value.boolValue ??
    value.doubleValue ??
    (value.intValue === undefined ? undefined : Number(value.intValue));
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]));
}

const question = 'a question that no trace may hold';
const words = 'an answer that no trace may hold';

const post = (url: string, key: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/api/chat/completion`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ message: question }),
  });

onBothStores('traces', (engine) => {
  test('request, turn, model call and commands are one tree, below the span of the client', async () => {
    await using collector = await startCollector();
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.endpoint}/`,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=a%20b',
      OTEL_SERVICE_NAME: 'chat',
    };
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    {
      await using server = await startTestServer(engine, { environment });
      server.upstream.enqueue(answer(words));
      // Not sampled, says the client; that is not the client's to say.
      const traceparent = `00-${traceId}-b7ad6b7169203331-00`;
      assert.equal((await post(server.url, server.prodKey, { traceparent })).status, 200);
      server.upstream.enqueue(refuse(401));
      assert.equal((await post(server.url, server.prodKey, { traceparent: 'nonsense' })).status, 502);
    }
    assert.ok(collector.paths.every((path) => path === 'POST /v1/traces a b'));
    const resource = collector.requests[0]?.resourceSpans[0]?.resource.attributes ?? [];
    assert.equal(resource.find(({ key }) => key === 'service.name')?.value.stringValue, 'chat');

    const all = collector.spans();
    const mine = all.filter((span) => span.traceId === traceId);
    const one = (name: string): OtlpSpan => {
      const [found, ...more] = mine.filter((span) => span.name === name);
      assert.ok(found !== undefined && more.length === 0, `${name}: ${mine.map((span) => span.name)}`);
      return found;
    };
    const request = one('POST /api/chat/completion');
    assert.equal(request.parentSpanId, 'b7ad6b7169203331');
    assert.equal(request.kind, 2);
    assert.equal(attributesOf(request)['http.response.status_code'], 200);
    assert.equal(one('store acceptTurn').parentSpanId, request.spanId);
    const turn = one('turn');
    assert.equal(turn.parentSpanId, request.spanId);
    assert.equal(attributesOf(turn)['colloquy.status'], 'done');
    assert.equal(one('store finishGeneration').parentSpanId, turn.spanId);
    const call = one('chat scripted');
    assert.equal(call.parentSpanId, turn.spanId);
    const { 'colloquy.time_to_first_token_ms': firstTokenMs, ...attributes } = attributesOf(call);
    assert.equal(typeof firstTokenMs, 'number');
    assert.deepEqual(attributes, {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai-compatible',
      'gen_ai.request.model': 'scripted',
      'gen_ai.output.type': 'text',
      'gen_ai.usage.input_tokens': attributes['gen_ai.usage.input_tokens'],
      'gen_ai.usage.output_tokens': attributes['gen_ai.usage.output_tokens'],
      'gen_ai.response.finish_reasons': ['stop'],
      'colloquy.retries': 0,
    });
    assert.ok(Number(attributes['gen_ai.usage.input_tokens']) > 0);

    const failed = all.find((span) => span.name === 'chat scripted' && span.traceId !== traceId);
    assert.equal(failed?.status.code, 2);
    assert.equal(failed && attributesOf(failed)['error.type'], '401');
    const text = JSON.stringify(collector.requests);
    assert.ok(!text.includes('no trace may hold'));
    assert.doesNotMatch(text, /sk_[a-z]+_/);
  });
});

test('a collector that is away holds up neither answers nor the stop', async () => {
  await using server = await startTestServer('sqlite', {
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
  });
  for (let n = 0; n < 3; n++) assert.equal((await post(server.url, server.prodKey)).status, 200);
});

test('what is no traceparent begins a trace of its own', () => {
  const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
  assert.deepEqual(parseTraceParent(`00-${traceId}-${spanId}-01`), { traceId, spanId });
  assert.deepEqual(parseTraceParent(`cc-${traceId}-${spanId}-01-more`), { traceId, spanId });
  for (const header of [
    undefined,
    '',
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-01-more`,
    `ff-${traceId}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    [`00-${traceId}-${spanId}-01`],
  ])
    assert.equal(parseTraceParent(header), undefined, String(header));
});
