/**
 * Prepares what is asked often: a statement that was seen a few times gets a name, so that the server parses and plans
 * it once per connection (as PgJDBC does with its `prepareThreshold`).
 */
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';

/** Sightings before a statement is prepared, and statements that may be, so that dynamic queries don't fill the server. */
const threshold = 5;
const maxPrepared = 300;
const maxCounted = 2000;

export function preparing(pool: pg.Pool): PostgresPool {
  const sightings = new Map<string, number>();
  const names = new Map<string, string>();
  const nameOf = (text: string): string | undefined => {
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
  const clients = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  const wrap = (client: pg.PoolClient): PostgresPoolClient => {
    const query = (first: unknown, values?: readonly unknown[]): unknown => {
      const name =
        typeof first === 'string' && values !== undefined && values.length > 0 ? nameOf(first) : undefined;
      return name === undefined
        ? client.query(first as string, values as unknown[])
        : client.query({ name, text: first as string, values: values as unknown[] });
    };
    const release = (isBroken?: boolean): void => client.release(isBroken);
    return {
      query,
      release,
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
