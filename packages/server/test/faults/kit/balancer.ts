/** A balancer of TCP connections, each to the next server in turn; where one refuses, the one after it gets its turn. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Balancer extends AsyncDisposable {
  readonly url: string;
}

/** @param addresses the servers that are up, by their addresses */
export async function startBalancer(addresses: () => readonly string[]): Promise<Balancer> {
  const sockets = new Set<Socket>();
  let turn = 0;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  const forward = (client: Socket, triesLeft: number): void => {
    const all = addresses();
    const address = all[turn++ % Math.max(1, all.length)];
    if (address === undefined || triesLeft === 0) {
      client.destroy();
      return;
    }
    const { hostname, port } = new URL(address);
    const server = keep(connect({ host: hostname, port: Number(port), noDelay: true }));
    let isConnected = false;
    server.once('connect', () => {
      isConnected = true;
      client.pipe(server).pipe(client);
      client.once('close', () => server.destroy());
    });
    server.once('close', () => {
      if (isConnected) client.destroy();
      else forward(client, triesLeft - 1);
    });
  };
  const listener = createServer({ noDelay: true }, (client) => forward(keep(client), 3));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
