/** What of an event stream leaves when: headers, the frames that come with them, the end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import Fastify, { type FastifyReply } from 'fastify';
import { createSseHub, type SseStream } from '../../../src/http/streaming/sse.ts';

interface Opened {
  readonly reply: FastifyReply;
  readonly stream: SseStream;
}

interface Received {
  /** All that came until the connection ended. */
  readonly text: string;
  /** The piece that came first. */
  readonly first: string;
}

/** Serves one stream, on which `act` works in the turn of the event loop in which it was opened. */
async function receive(act: (opened: Opened) => void, maxBufferedBytes?: number): Promise<Received> {
  const hub = createSseHub(maxBufferedBytes === undefined ? {} : { maxBufferedBytes });
  const app = Fastify();
  app.get('/', async (_request, reply) => {
    const stream = hub.open(reply, { location: '/again' }, { onDrain() {}, onClose() {} });
    act({ reply, stream });
    return reply;
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  try {
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    socket.setEncoding('utf8');
    const pieces: string[] = [];
    socket.on('data', (piece: string) => pieces.push(piece));
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n');
    await once(socket, 'close');
    return { text: pieces.join(''), first: pieces[0] ?? '' };
  } finally {
    await app.close();
  }
}

test('headers leave with the frames of the same turn, behind what was put off before them', async () => {
  const sentBefore: boolean[] = [];
  const { first } = await receive(({ reply, stream }) => {
    stream.write('data: 1\n\n');
    sentBefore.push(reply.raw.headersSent);
    stream.write('data: 2\n\n');
    setImmediate(() => stream.end());
  });
  assert.deepEqual(sentBefore, [false]);
  assert.match(first, /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*content-location: \/again\r\n/);
  assert.match(first, /data: 1\n\ndata: 2\n\n/);
});

test('a stream that ends at once has its headers and all its frames', async () => {
  const { text } = await receive(({ stream }) => {
    stream.write('data: only\n\n');
    stream.end();
    stream.write('data: too late\n\n');
  });
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(text, /data: only\n\n/);
  assert.doesNotMatch(text, /too late/);
});

test('a stream without a frame has its headers', async () => {
  const { text } = await receive(({ stream }) => void setImmediate(() => setImmediate(() => stream.end())));
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*content-type: text\/event-stream/);
});

test('what is broken off at once sends nothing', async () => {
  const { text } = await receive(({ stream }) => {
    stream.write('data: half\n\n');
    stream.abort();
  });
  assert.equal(text, '');
});

test('many frames of one turn leave at once, and a reader that takes none of them is slow', async () => {
  const frame = `data: ${'x'.repeat(30_000)}\n\n`;
  const results: boolean[] = [];
  const { text } = await receive(({ reply, stream }) => {
    for (let count = 0; count < 4; count += 1) results.push(stream.write(frame));
    assert.equal(reply.raw.headersSent, true);
    stream.end();
  }, 50_000);
  assert.deepEqual(results, [true, true, false, false]);
  assert.equal(text.split(frame).length - 1, 4);
});
