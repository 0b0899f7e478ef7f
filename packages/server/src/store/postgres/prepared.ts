/**
 * Prepares what is asked often: a statement that was seen a few times gets a name, so that the server parses and plans
 * it once per connection (as PgJDBC does with its `prepareThreshold`). What is asked at the same time leaves as one
 * write, since writing to the socket costs more than the query.
 */
import type { Writable } from 'node:stream';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';
import type { SendQuery } from './bound-database.ts';

/** Sightings before a statement is prepared, and statements that may be, so that dynamic queries don't fill the server. */
const threshold = 5;
const maxPrepared = 300;
const maxCounted = 2000;

/** The name of a statement, once it has one. */
type NameOf = (text: string) => string | undefined;

function statementNames(): NameOf {
  const sightings = new Map<string, number>();
  const names = new Map<string, string>();
  return (text) => {
    const known = names.get(text);
    if (known !== undefined) return known;
    const seen = (sightings.get(text) ?? 0) + 1;
    if (seen < threshold || names.size >= maxPrepared) {
      if (sightings.size >= maxCounted) sightings.clear();
      sightings.set(text, seen);
      return undefined;
    }
    sightings.delete(text);
    const name = `c${names.size}`;
    names.set(text, name);
    return name;
  };
}

/**
 * How to ask each client; the names are shared by all of them. What is asked until `schedule` calls back leaves as one
 * write.
 */
export function createSenders(
  schedule: (write: () => void) => void = process.nextTick,
): (client: pg.ClientBase) => SendQuery {
  const nameOf = statementNames();
  const senders = new WeakMap<pg.ClientBase, SendQuery>();
  return (client) => {
    let send = senders.get(client);
    if (send === undefined) {
      send = createSender(client, nameOf, schedule);
      senders.set(client, send);
    }
    return send;
  };
}

function createSender(
  client: pg.ClientBase,
  nameOf: NameOf,
  schedule: (write: () => void) => void,
): SendQuery {
  const { stream } = (client as unknown as { readonly connection: { readonly stream: Writable } }).connection;
  let isCorked = false;
  const uncork = (): void => {
    isCorked = false;
    stream.uncork();
  };
  return (text, values) => {
    if (!isCorked) {
      isCorked = true;
      stream.cork();
      schedule(uncork);
    }
    const name = values.length > 0 ? nameOf(text) : undefined;
    return client.query({ text, values: values as unknown[], ...(name !== undefined && { name }) });
  };
}

/** A pool for Kysely's own driver. */
export function preparing(pool: pg.Pool, senderOf: (client: pg.ClientBase) => SendQuery): PostgresPool {
  const clients = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  const wrap = (client: pg.PoolClient): PostgresPoolClient => {
    const send = senderOf(client);
    return {
      query: (text: string, values: readonly unknown[] = []) => send(text, values),
      release: (isBroken?: boolean) => client.release(isBroken),
      processID: (client as { readonly processID?: number }).processID,
    } as unknown as PostgresPoolClient;
  };
  return {
    async connect() {
      const client = await pool.connect();
      let wrapped = clients.get(client);
      if (wrapped === undefined) {
        wrapped = wrap(client);
        clients.set(client, wrapped);
      }
      return wrapped;
    },
    end: () => pool.end(),
    options: pool.options,
  };
}
