/** TCP on loopback in front of a server, which can be cut as a network or a server that stops would cut it. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface BreakableProxy extends AsyncDisposable {
  readonly port: number;
  /** Breaks all connections, and refuses new ones. */
  cut(): void;
  restore(): void;
  /** Breaks the next connection on which the client sends this, instead of passing it on; resolves when it has. */
  cutAt(sent: string): Promise<void>;
}

export async function startBreakableProxy(host: string, port: number): Promise<BreakableProxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  let awaited: { readonly sent: string; readonly done: () => void } | undefined;
  const server = createServer((client) => {
    client.on('error', () => undefined);
    if (isCut) {
      client.destroy();
      return;
    }
    const onward = connect(port, host);
    sockets.add(client).add(onward);
    client.on('data', (data) => {
      if (awaited !== undefined && data.includes(awaited.sent)) {
        awaited.done();
        awaited = undefined;
        client.destroy();
        onward.destroy();
      } else onward.write(data);
    });
    onward.on('data', (data) => client.write(data));
    onward.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('close', () => onward.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true;
      breakAll();
    },
    restore() {
      isCut = false;
    },
    cutAt(sent) {
      const { promise, resolve } = Promise.withResolvers<void>();
      awaited = { sent, done: resolve };
      return promise;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      breakAll();
      await once(server, 'close');
    },
  };
}
