/** A thread's own connection, for reads alone: of the search thread, or of one that reads reports. */
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Database, Tables } from '../tables.ts';
import { boundsOfReports, connectionTo, surviveBrokenConnections } from './connection.ts';

const idleTimeoutMillis = 300_000;

export function openForReading(url: string): Database {
  const pool = new pg.Pool({
    ...connectionTo(url),
    ...boundsOfReports,
    max: 1,
    idleTimeoutMillis,
    allowExitOnIdle: true,
  });
  // The pool replaces a connection that breaks while it is idle; the next read says if the server is gone.
  pool.on('error', () => {});
  surviveBrokenConnections(pool);
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}
