/**
 * The measure of `bench/viewers`: the lowest possible cost of sending one stream to many viewers. Every GET gets the
 * frames that the bench handed over, each prepared once as a buffer and written to all; for late viewers it keeps only
 * the list of frames.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Broadcast, FromParty, ToParty } from '../harness/protocol.ts';

const viewers = new Set<ServerResponse>();
let frames: readonly Buffer[] = [];
let sent = 0;
let timer: NodeJS.Timeout | undefined;

const server = createServer((_request, response) => {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
  });
  response.flushHeaders();
  for (const frame of frames.slice(0, sent)) response.write(frame);
  viewers.add(response);
  response.on('close', () => viewers.delete(response));
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 2048 }, () => {
  tell({ from: 'party', port: (server.address() as AddressInfo).port });
});

process.on('message', (message: ToParty) => {
  if (message.to !== 'broadcast') return;
  begin(message.broadcast);
  tell({ from: 'broadcast', begun: true });
});
process.on('disconnect', () => process.exit());

function tell(message: FromParty): void {
  process.send?.(message);
}

function begin(broadcast: Broadcast): void {
  frames = broadcast.frames.map((frame) => Buffer.from(frame));
  sent = 0;
  clearInterval(timer);
  const startedAtMs = performance.now();
  timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAtMs) / 1000) * broadcast.framesPerSecond);
    while (sent < Math.min(due, frames.length)) advance();
    if (sent === frames.length) clearInterval(timer);
  }, 1);
}

function advance(): void {
  const frame = frames[sent++] as Buffer;
  for (const viewer of viewers) viewer.write(frame);
  if (sent === frames.length) for (const viewer of viewers) viewer.end();
}
