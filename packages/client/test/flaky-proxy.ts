/** A proxy on loopback that does to each connection what a test says: cuts, splits, swallows, refuses. */

import { once } from 'node:events';
import { request as connect, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Misdeed {
  /** Closes the connection after so many bytes of the response's body. */
  readonly cutAfter?: number;
  /** Writes the body in pieces of so many bytes, also within characters. */
  readonly splitBy?: number;
  /** Answers this in place of the server, which never hears of the request. */
  readonly status?: number;
  /** The server hears of the request and answers; the client never sees that. */
  readonly swallow?: boolean;
}

export interface FlakyProxy extends AsyncDisposable {
  readonly url: string;
  /** What was asked, oldest first. */
  readonly requests: {
    readonly method: string;
    readonly path: string;
    readonly headers: IncomingMessage['headers'];
  }[];
  /** What happens to the next requests, in order; then nothing does. */
  readonly misdeeds: Misdeed[];
}

export async function startFlakyProxy(target: () => string): Promise<FlakyProxy> {
  const requests: FlakyProxy['requests'] = [];
  const misdeeds: Misdeed[] = [];

  function pass(request: IncomingMessage, response: ServerResponse): void {
    const misdeed = misdeeds.shift() ?? {};
    requests.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers });
    if (misdeed.status !== undefined) {
      request.resume();
      response.writeHead(misdeed.status, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
      return;
    }
    const { method, headers } = request;
    const up = connect(new URL(request.url ?? '/', target()), { method, headers }, (answer) => {
      if (misdeed.swallow === true) {
        answer.resume();
        answer.once('data', () => response.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      void relay(answer, response, misdeed);
    });
    up.on('error', () => response.destroy());
    response.on('close', () => up.destroy());
    request.pipe(up);
  }

  const server = createServer(pass).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    misdeeds,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function relay(answer: IncomingMessage, response: ServerResponse, misdeed: Misdeed): Promise<void> {
  let left = misdeed.cutAfter ?? Number.POSITIVE_INFINITY;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      const size = misdeed.splitBy ?? chunk.length;
      for (let at = 0; at < chunk.length; at += size) {
        const piece = chunk.subarray(at, Math.min(at + size, chunk.length)).subarray(0, left);
        left -= piece.length;
        if (piece.length > 0) response.write(piece);
        if (misdeed.splitBy !== undefined) await new Promise(setImmediate);
        if (left <= 0) {
          // What was written leaves first.
          response.write('', () => response.destroy());
          return;
        }
      }
    }
    response.end();
  } catch {
    response.destroy();
  }
}
