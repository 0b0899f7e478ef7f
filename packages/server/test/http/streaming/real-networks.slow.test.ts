/** Streams of a server in a process of its own: headers, memory under slow readers, bodies without a length. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { generationOf, openStream, tokensOf } from 'colloquy-testkit/event-stream';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { type ChildServer, spawnServer } from 'colloquy-testkit/server-process';
import { makeTenant } from 'colloquy-testkit/tenants';
import {
  gate,
  type ScriptedUpstream,
  startScriptedUpstream,
} from 'colloquy-testkit/upstream/scripted-upstream';

const megabyte = 1 << 20;

describe('a server in a process of its own', () => {
  let upstream: ScriptedUpstream;
  let server: ChildServer;
  let headers: Record<string, string>;

  before(async () => {
    const place = await emptyPlace('sqlite');
    upstream = await startScriptedUpstream();
    server = await spawnServer(serverEnvironment(place, { COLLOQUY_TITLES: 'off' }), {
      memoryProbe: true,
    });
    headers = { 'x-api-key': (await makeTenant(server.url, upstream)).prodKey };
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await upstream[Symbol.asyncDispose]();
  });

  test('a stream has these headers and no others', async () => {
    const stream = await openStream({
      url: `${server.url}/api/chat/completion/stream`,
      headers: { ...headers, 'accept-encoding': 'gzip, deflate, br' },
      body: { message: 'Hello' },
    });
    await stream.closed;
    const { date, 'x-request-id': requestId, ...rest } = stream.headers;
    assert.match(requestId as string, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    assert.ok(!Number.isNaN(Date.parse(date ?? '')));
    assert.deepEqual(rest, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'content-location': `/api/generations/${generationOf(stream)}/stream`,
      'x-content-type-options': 'nosniff',
      vary: 'Origin',
      'colloquy-version': '0.1.0',
      connection: 'close',
      'transfer-encoding': 'chunked',
    });
  });

  test('a body without a length that is too large is 413, and is not read to its end', async () => {
    const request = httpRequest(`${server.url}/api/chat/completion`, {
      method: 'POST',
      agent: false,
      headers: { ...headers, 'content-type': 'application/json' },
    });
    const { promise: ended, resolve } = Promise.withResolvers<number | undefined>();
    request.on('response', ({ statusCode }) => resolve(statusCode));
    // The server closes while the test writes, so the system may discard the answer with the connection.
    request.on('error', () => resolve(undefined));
    const piece = 'x'.repeat(64 * 1024);
    let sent = 0;
    request.write('{"message":"');
    // Endless, but for the answer.
    const pump = (): void => {
      if (sent > 64 * megabyte || request.destroyed) return;
      sent += piece.length;
      request.write(piece, pump);
    };
    pump();
    const status = await ended;
    assert.ok(status === 413 || status === undefined, String(status));
    request.destroy();
    assert.ok(sent < 64 * megabyte);
  });

  test('slow readers cost a bounded buffer each, and get everything in the end', async (t) => {
    const slowReaders = 100;
    // An answer has at most 8 MiB.
    const tokens = Array.from({ length: 1000 }, (_, index) => `${index} ${'x'.repeat(8 * 1024)}`);
    const started = gate();
    upstream.setDefault(() => ({
      steps: [
        { do: 'tokens', tokens: ['Start'] },
        started.step,
        { do: 'tokens', tokens, intervalMs: 1 },
        { do: 'finish' },
        { do: 'end' },
      ],
    }));
    const body = { message: 'Much' };
    const first = await openStream({ url: `${server.url}/api/chat/completion/stream`, headers, body });
    assert.ok(await first.until(2));
    const path = `/api/generations/${generationOf(first)}/stream`;
    const { hostname, port } = new URL(server.url);
    const slow = await Promise.all(
      Array.from({ length: slowReaders }, async () => {
        const socket = connect({ host: hostname, port: Number(port) });
        socket.write(`GET ${path} HTTP/1.0\r\nX-API-Key: ${headers['x-api-key']}\r\n\r\n`);
        await once(socket, 'readable');
        return socket;
      }),
    );
    const before = await server.liveBytes();
    started.release();
    assert.equal(await first.closed, 'ended');
    const whole = `Start${tokens.join('')}`;
    assert.equal(tokensOf(first.frames), whole, 'the fast reader was not held up');
    const grownBytes = (await server.liveBytes()) - before;
    t.diagnostic(
      `${slowReaders} slow readers of ${whole.length / megabyte} MB: ${grownBytes / megabyte} MB more`,
    );
    // What the system's own buffers do not take would be some 6 MB each without the bound.
    assert.ok(grownBytes < slowReaders * 2 * megabyte, `${grownBytes} bytes`);
    for (const socket of slow.slice(8)) socket.destroy();
    const texts = await Promise.all(
      slow.slice(0, 8).map(async (socket) => {
        let text = '';
        socket.setEncoding('utf8');
        for await (const chunk of socket) text += chunk;
        return text;
      }),
    );
    const frames = first.frames.map(({ raw }) => `${raw}\n\n`).join('');
    for (const text of texts)
      assert.equal(text.slice(text.indexOf('\r\n\r\n') + 4).replaceAll(': ping\n\n', ''), frames);
  });
});
