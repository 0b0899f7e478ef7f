/** Streams and requests on real sockets: heartbeats, half-closed and old clients, slow readers, great headers. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import { answer, gate } from 'colloquy-testkit/upstream/scripted-upstream';
import { generationOf, startTestApp, textOf } from '../http-app.ts';

const app = await startTestApp('sqlite', { sse: { heartbeatMs: 10, maxBufferedBytes: 64 * 1024 } });
const { upstream } = app.harness;
const key = app.prodKey;

/** A socket with the text that it has received so far. */
interface Raw {
  readonly socket: Socket;
  text(): string;
  until(enough: RegExp): Promise<void>;
  readonly closed: Promise<unknown>;
}

function raw(request: string, options: { half?: boolean } = {}): Raw {
  const { port } = new URL(app.url);
  const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => {});
  socket.write(request);
  if (options.half === true) socket.end();
  const closed = once(socket, 'end').then(() => socket.destroy());
  return {
    socket,
    text: () => text,
    closed,
    async until(enough) {
      while (!enough.test(text)) await once(socket, 'data');
    },
  };
}

function post(body: object, lines: string[] = [], version = '1.1'): string {
  const text = JSON.stringify(body);
  return [
    `POST /api/chat/completion/stream HTTP/${version}`,
    'Host: localhost',
    `X-API-Key: ${key}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(text)}`,
    ...lines,
    '',
    text,
  ].join('\r\n');
}

describe('the network', () => {
  after(() => app[Symbol.asyncDispose]());

  test('headers and comments go out while the model is silent, before the first token too', async () => {
    const held = gate();
    upstream.enqueue({
      steps: [
        { do: 'headers' },
        held.step,
        { do: 'tokens', tokens: ['Late'] },
        { do: 'finish' },
        { do: 'end' },
      ],
    });
    const reading = await app.stream('/api/chat/completion/stream', { key, body: { message: 'x' } });
    await reading.until(({ comments }) => comments.length >= 3);
    assert.equal(textOf(reading), '');
    assert.ok(reading.comments.every((comment) => comment.trim() === 'ping'));
    held.release();
    await reading.ended;
    assert.equal(textOf(reading), 'Late');
  });

  test('a client that shuts down its side gets the whole answer', async () => {
    upstream.enqueue(answer('Half closed', { intervalMs: 20 }));
    const { text, closed } = raw(post({ message: 'x' }), { half: true });
    await closed;
    assert.match(text(), /"content":" closed"/);
    assert.match(text(), /"type":"done"/);
  });

  test('HTTP/1.0 gets the stream without chunks, and the connection ends with it', async () => {
    upstream.enqueue(answer('Old times'));
    const { text, closed } = raw(post({ message: 'x' }, [], '1.0'));
    await closed;
    assert.match(text(), /^HTTP\/1\.1 200 /);
    assert.doesNotMatch(text(), /transfer-encoding/i);
    const body = text().split('\r\n\r\n').slice(1).join('\r\n\r\n');
    for (const line of body.split('\n')) assert.match(line, /^(?:data: \{.*\}|id: .*|: ping|)$/);
    assert.match(body, /"type":"done".*\nid: .*\n\n$/);
  });

  test('Connection: close closes after the last event', async () => {
    upstream.enqueue(answer('Bye'));
    const { text, closed } = raw(post({ message: 'x' }, ['Connection: close']));
    await closed;
    assert.match(text(), /connection: close/i);
    assert.match(text(), /"type":"done"/);
    assert.match(text(), /0\r\n\r\n$/);
  });

  test('a header of 64 KB is 431, in JSON', async () => {
    const { text, closed } = raw(
      `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(65_536)}\r\n\r\n`,
    );
    await closed;
    assert.match(text(), /^HTTP\/1\.1 431 /);
    assert.match(text(), /"code":"invalid_request"/);
    assert.match(text(), /x-request-id: /i);
  });

  test('what is no HTTP is 400', async () => {
    const { text, closed } = raw('HELLO\r\n\r\n');
    await closed;
    assert.match(text(), /^HTTP\/1\.1 400 /);
  });

  test('a slow reader holds nobody up, and gets everything in the end', async () => {
    const held = gate();
    // An answer has at most 8 MiB.
    const piece = 'x'.repeat(8_000);
    const tokens = Array.from({ length: 1000 }, (_, index) => `${index}${piece}`);
    upstream.enqueue({
      steps: [
        { do: 'headers' },
        { do: 'tokens', tokens: ['Start'] },
        held.step,
        { do: 'tokens', tokens, intervalMs: 0 },
        { do: 'finish' },
        { do: 'end' },
      ],
    });
    const slow = raw(post({ message: 'x' }));
    await slow.until(/Start/);
    slow.socket.pause();
    const generation = /content-location: \/api\/generations\/([0-9a-f-]+)\/stream/i.exec(slow.text())?.[1];
    const path = `/api/generations/${generation}/stream`;
    const fast = await app.stream(path, { key });
    held.release();
    await fast.ended;
    assert.equal(textOf(fast), `Start${tokens.join('')}`);
    slow.socket.resume();
    await slow.until(/"type":"done"/);
    slow.socket.destroy();
    const frames = slow.text().match(/^data: .*$/gm) ?? [];
    const texts = frames.map((line) => JSON.parse(line.slice(6))).filter(({ type }) => type === 'token');
    assert.equal(texts.map(({ content }) => content).join('').length, textOf(fast).length);
    const whole = await app.stream(path, { key });
    await whole.ended;
    assert.equal(generationOf(whole), generation);
  });

  test('health, readiness and metrics', async () => {
    assert.equal((await app.call('/healthz')).body.status, 'ok');
    assert.deepEqual((await app.call('/readyz')).body, { ready: true, problems: [], models: {} });
    const metrics = (await app.call('/metrics')).body as string;
    assert.match(metrics, /colloquy_http_requests_total\{method="GET",route="\/healthz",status="200"\} 1/);
    assert.match(metrics, /colloquy_streams_open 0/);
    assert.equal((await app.call('/healthz', { method: 'HEAD' })).status, 200);
  });
});
