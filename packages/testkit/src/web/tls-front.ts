/** TLS on loopback in front of a plain server, as a load balancer has it. */
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { Certificates } from './certificates.ts';

export interface TlsFront extends AsyncDisposable {
  readonly port: number;
  /** The name that each connection asked for (SNI), in the order of arrival; '' where it asked for none. */
  readonly names: readonly string[];
}

/** Passes everything on to `port` of 127.0.0.1. */
export async function startTlsFront(
  port: number,
  { key, cert }: Pick<Certificates, 'key' | 'cert'>,
): Promise<TlsFront> {
  const names: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ key, cert, ALPNProtocols: ['http/1.1'] }, (client) => {
    names.push(client.servername || '');
    const onward = connect(port, '127.0.0.1');
    sockets.add(onward);
    client.pipe(onward).pipe(client);
    client.on('error', () => onward.destroy()).on('close', () => onward.destroy());
    onward.on('error', () => client.destroy()).on('close', () => client.destroy());
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    names,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
