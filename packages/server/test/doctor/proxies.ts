/** Small reverse proxies on loopback, each with one habit that event streams suffer from. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { constants, createGzip } from 'node:zlib';

export type Habit =
  | { readonly kind: 'transparent' }
  /** A proxy that passes nothing on before it has the whole response. */
  | { readonly kind: 'buffers' }
  | { readonly kind: 'cuts-silence'; readonly afterMs: number }
  | { readonly kind: 'compresses' }
  /** A proxy that removes `Last-Event-ID`. */
  | { readonly kind: 'forgets-cursor' };

export interface Proxy extends AsyncDisposable {
  readonly url: string;
}

export async function startProxy(target: string, habit: Habit): Promise<Proxy> {
  const server = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers };
    if (habit.kind === 'forgets-cursor') delete headers['last-event-id'];
    const upstream = request(new URL(incoming.url ?? '/', target), { method: incoming.method, headers });
    upstream.on('response', (response) => pass(response, outgoing, habit));
    upstream.on('error', () => outgoing.destroy());
    outgoing.on('close', () => upstream.destroy());
    incoming.pipe(upstream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function pass(response: IncomingMessage, outgoing: ServerResponse, habit: Habit): void {
  const { statusCode = 502, headers } = response;
  response.on('error', () => outgoing.destroy());
  switch (habit.kind) {
    case 'buffers': {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => outgoing.writeHead(statusCode, headers).end(Buffer.concat(chunks)));
      return;
    }
    case 'compresses': {
      outgoing.writeHead(statusCode, { ...headers, 'content-encoding': 'gzip' });
      const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
      response.pipe(gzip).pipe(outgoing);
      return;
    }
    case 'cuts-silence': {
      outgoing.writeHead(statusCode, headers).flushHeaders();
      const cut = (): void => void outgoing.destroy();
      let timer = setTimeout(cut, habit.afterMs);
      response.on('data', (chunk: Buffer) => {
        clearTimeout(timer);
        timer = setTimeout(cut, habit.afterMs);
        outgoing.write(chunk);
      });
      outgoing.on('close', () => clearTimeout(timer));
      response.on('end', () => outgoing.end());
      return;
    }
    default:
      outgoing.writeHead(statusCode, headers).flushHeaders();
      response.pipe(outgoing);
  }
}
