/** Clients that take nothing of what waits for them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTestApp } from '../http-app.ts';

const stalledMs = 800;
const app = await startTestApp('sqlite', { stalledMs });
/** More than the buffers of a connection on loopback hold. */
const messages = 100;
const text = 'x'.repeat(200_000);
let path = '';

function request(): Socket {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${app.prodKey}\r\nConnection: close\r\n\r\n`,
  );
  return socket;
}

const dropped = () => app.logged.filter((line) => line.includes('took nothing of its answer')).length;

describe('readers', () => {
  after(() => app[Symbol.asyncDispose]());

  before(async () => {
    const { body: chat } = await app.call('/chats/create', { key: app.prodKey, body: { name: 'long' } });
    path = `/conversations/?chat_id=${chat.id}`;
    for (let count = 0; count < messages; count += 1) {
      const body = { chat_id: chat.id, role: 'Human', message: text };
      assert.equal((await app.call('/conversations/create', { key: app.prodKey, body })).status, 201);
    }
  });

  test('one that never reads is dropped', async () => {
    const socket = request();
    socket.on('error', () => undefined);
    socket.pause();
    while (dropped() === 0) await sleep(50);
    let received = 0;
    socket.on('data', (chunk) => {
      received += chunk.length;
    });
    socket.resume();
    await once(socket, 'close');
    assert.ok(received < messages * text.length, `${received} bytes came all the same`);
  });

  test('one that reads slowly gets everything', async () => {
    const before = dropped();
    const socket = request();
    let received = 0;
    for await (const chunk of socket) {
      received += (chunk as Buffer).length;
      if (received % 7 === 0) await sleep(stalledMs / 10);
    }
    assert.ok(received > messages * text.length, `only ${received} bytes came`);
    assert.equal(dropped(), before);
  });

  test('a connection that waits for a request is none of them', async () => {
    const before = dropped();
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    await once(socket, 'connect');
    await sleep(2 * stalledMs);
    assert.equal(socket.readyState, 'open');
    assert.equal(dropped(), before);
    socket.destroy();
  });
});
