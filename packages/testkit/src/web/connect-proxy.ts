/**
 * A forward proxy on loopback over real HTTP, or over TLS: it opens tunnels (CONNECT) and forwards requests in absolute
 * form. Where a destination leads is the test's choice, so that names and public addresses can stand for servers on
 * loopback.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ProxiedRequest {
  /** `host:port` of a tunnel, the whole address of a forwarded request. */
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
}

export interface ConnectProxyOptions {
  /** Where a `host:port` leads; undefined: nowhere, which is answered with 502. */
  readonly route: (authority: string) => number | undefined;
  /** `user:password`; other requests are answered with 407. */
  readonly credentials?: string;
  /** What is done instead of opening a tunnel: a status is answered, or nothing is, or the connection is closed. */
  readonly refuse?: (authority: string) => number | 'silence' | 'close' | undefined;
  /** The certificate of a proxy that speaks TLS itself. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

export interface ConnectProxy extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, or `https://localhost:<port>`. */
  readonly url: string;
  /** Every tunnel that was asked for, in the order of arrival. */
  readonly tunnels: readonly ProxiedRequest[];
  /** Every request that was to be forwarded. */
  readonly forwarded: readonly ProxiedRequest[];
  /** Connections that clients have made to it so far. */
  readonly connections: number;
  /** How many tunnels are open. */
  readonly openTunnels: number;
  /** Resolves once no tunnel is open. */
  idle(): Promise<void>;
}

export async function startConnectProxy(options: ConnectProxyOptions): Promise<ConnectProxy> {
  const tunnels: ProxiedRequest[] = [];
  const forwarded: ProxiedRequest[] = [];
  const sockets = new Set<Duplex>();
  const open = new Set<Duplex>();
  const waiting: (() => void)[] = [];
  let connections = 0;
  const wanted = options.credentials && `Basic ${Buffer.from(options.credentials).toString('base64')}`;
  const mayPass = ({ headers }: IncomingMessage): boolean =>
    wanted === undefined || headers['proxy-authorization'] === wanted;

  const forward = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { url: target = '', headers } = incoming;
    forwarded.push({ target, headers });
    if (!mayPass(incoming)) {
      outgoing.writeHead(407, { 'proxy-authenticate': 'Basic realm="test"' }).end('credentials, please');
      return;
    }
    const url = URL.parse(target);
    const port = url && options.route(`${url.hostname}:${url.port || 80}`);
    if (!url || port === undefined || port === null) {
      outgoing.writeHead(502).end();
      return;
    }
    const { 'proxy-authorization': _, ...passed } = headers;
    const onward = request({
      host: '127.0.0.1',
      port,
      method: incoming.method ?? 'GET',
      path: `${url.pathname}${url.search}`,
      // RFC 9112 §3.2.2: the host of the request's target, whatever its header says.
      headers: { ...passed, host: url.host },
    });
    onward.on('response', (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  };

  const tunnel = (incoming: IncomingMessage, client: Duplex, head: Buffer): void => {
    const { url: target = '', headers } = incoming;
    tunnels.push({ target, headers });
    client.on('error', () => client.destroy());
    const port = options.route(target);
    const refusal = mayPass(incoming) ? (options.refuse?.(target) ?? (port === undefined && 502)) : 407;
    if (refusal === 'silence') return;
    if (refusal === 'close') {
      client.destroy();
      return;
    }
    if (typeof refusal === 'number' || port === undefined) {
      const challenge = refusal === 407 ? 'proxy-authenticate: Basic realm="test"\r\n' : '';
      client.end(`HTTP/1.1 ${refusal} No\r\n${challenge}content-length: 0\r\n\r\n`);
      return;
    }
    const server: Socket = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      server.write(head);
      server.pipe(client).pipe(server);
    });
    sockets.add(server);
    open.add(client);
    server.on('error', () => client.destroy());
    server.on('close', () => client.destroy());
    client.on('close', () => {
      server.destroy();
      open.delete(client);
      if (open.size === 0) for (const resolve of waiting.splice(0)) resolve();
    });
  };

  const server = options.tls ? createTlsServer(options.tls, forward) : createServer(forward);
  server.on('connect', tunnel);
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: options.tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    tunnels,
    forwarded,
    get connections() {
      return connections;
    },
    get openTunnels() {
      return open.size;
    },
    idle: () => (open.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
