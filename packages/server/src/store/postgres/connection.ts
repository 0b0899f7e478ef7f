/** How PostgreSQL is connected to, and how long anything there may take. */
import type pg from 'pg';
import { types } from './types.ts';

/** Longer than a server on the way to its limit takes; what waits for a connection of the pool waits no longer either. */
const connectionTimeoutMillis = 10_000;

export function connectionTo(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    types,
    connectionTimeoutMillis,
    // A server that is gone without a word is noticed within half a minute while the connection is idle.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
}

/**
 * Nothing waits for ever: the server ends what takes too long, and the client gives up a little later, where the server
 * has stopped to answer. What a process that is frozen or cut off keeps locked is free again before its lease has run out,
 * as leases usually are; a process that is only slow repeats the command.
 */
export const boundsOfCommands = {
  lock_timeout: 10_000,
  statement_timeout: 60_000,
  idle_in_transaction_session_timeout: 5_000,
  query_timeout: 70_000,
} as const satisfies pg.ClientConfig;

/** Reports and searches over large organizations take longer. */
export const boundsOfReports = {
  lock_timeout: 10_000,
  statement_timeout: 300_000,
  query_timeout: 310_000,
} as const satisfies pg.ClientConfig;

/**
 * A connection that breaks while somebody uses it says so to them, and as an event besides, which would end the process
 * if nobody listened.
 */
export function surviveBrokenConnections(pool: pg.Pool): void {
  pool.on('connect', (client) => client.on('error', () => undefined));
}
