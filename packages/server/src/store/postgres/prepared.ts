/**
 * Prepares frequent statements: a statement that was seen a few times gets a name, so that the server parses and plans
 * it once per connection (as PgJDBC does with its `prepareThreshold`). Queries that are sent at the same time leave as
 * one write, since writing to the socket costs more than the query.
 */
import type { Writable } from 'node:stream';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';
import { orUnavailable } from '../unavailable.ts';
import type { SendQuery } from './bound-database.ts';

/** Number of runs before a statement is prepared. */
const threshold = 5;
/** Maximum number of prepared statements, so that dynamic queries don't fill the server's memory. */
const maxPrepared = 300;
const maxCounted = 2000;

/** Gives a statement's name; undefined until it is prepared. */
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
 * Gives each client a function that sends its queries; all clients share the names of statements. Queries that are
 * sent before `schedule` calls back leave as one write.
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

/** Wraps a pool for Kysely's own driver, so that its queries are prepared too, and say where the store is not available. */
export function preparing(pool: pg.Pool, senderOf: (client: pg.ClientBase) => SendQuery): PostgresPool {
  const clients = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  const wrap = (client: pg.PoolClient): PostgresPoolClient => {
    const send = senderOf(client);
    return {
      query: (text: string, values: readonly unknown[] = []) => orUnavailable(send(text, values)),
      release: (isBroken?: boolean) => client.release(isBroken),
      processID: (client as { readonly processID?: number }).processID,
    } as unknown as PostgresPoolClient;
  };
  return {
    async connect() {
      const client = await orUnavailable(pool.connect());
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
