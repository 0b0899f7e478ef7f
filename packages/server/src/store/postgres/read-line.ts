/**
 * One connection that the short reads of all requests share. Those of one turn of the event loop leave in one write and
 * come back in one read, which costs a rush of requests a tenth of a connection of the pool for each.
 */
import pg from 'pg';
import type { SendQuery } from './bound-database.ts';

export interface ReadLine extends AsyncDisposable {
  readonly send: SendQuery;
}

/** A client with the methods that its published types leave out. */
type Client = pg.Client & { ref(): void; unref(): void };

export interface ReadLineOptions {
  readonly config: pg.ClientConfig;
  senderOf(client: pg.ClientBase): SendQuery;
  /** Called when the connection breaks; the next read opens another one. */
  onConnectionError(error: Error): void;
}

export function createReadLine({ config, senderOf, onConnectionError }: ReadLineOptions): ReadLine {
  let opened: Promise<Client> | undefined;
  const open = (): Promise<Client> => {
    const client = new pg.Client(config) as Client;
    const opening = client.connect().then(() => client);
    const forget = (): void => {
      if (opened === opening) opened = undefined;
    };
    client.on('error', (error) => {
      forget();
      onConnectionError(error);
    });
    client.on('end', forget);
    opening.catch(forget);
    return opening;
  };
  let underWay = 0;
  return {
    async send(text, values) {
      opened ??= open();
      const client = await opened;
      underWay += 1;
      client.ref();
      try {
        return await senderOf(client)(text, values);
      } finally {
        underWay -= 1;
        // An idle connection does not keep the process alive.
        if (underWay === 0) client.unref();
      }
    },
    async [Symbol.asyncDispose]() {
      const client = await opened?.catch(() => undefined);
      opened = undefined;
      await client?.end();
    },
  };
}
