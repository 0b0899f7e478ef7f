/**
 * Kysely over one thing that answers queries: a connection inside a transaction, or the connection of the short reads.
 * Unlike Kysely's own transactions it sends the next query before the last one is answered, so that the queries that a
 * command sends without waiting travel together.
 */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresDialect,
  PostgresIntrospector,
  type PostgresPool,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import type pg from 'pg';
import type { DirectAdapter } from '../statement.ts';
import type { Database, Tables } from '../tables.ts';

/** Sends a query at once; resolves with its answer. */
export type SendQuery = (text: string, values: readonly unknown[]) => Promise<pg.QueryResult>;

export function boundDatabase(send: SendQuery): Database {
  return new Kysely<Tables>({ dialect: new BoundDialect(send) });
}

/** Kysely's own dialect on a pool. `send` runs the statements that are compiled once. */
export class PooledDialect extends PostgresDialect {
  readonly #adapter: PostgresAdapter;

  constructor(pool: PostgresPool, send: SendQuery) {
    super({ pool });
    this.#adapter = new DirectPostgresAdapter(send);
  }

  override createAdapter(): PostgresAdapter {
    return this.#adapter;
  }
}

class BoundDialect implements Dialect {
  readonly #send: SendQuery;

  constructor(send: SendQuery) {
    this.#send = send;
  }

  createDriver(): Driver {
    return new BoundDriver(this.#send);
  }

  createQueryCompiler(): PostgresQueryCompiler {
    return new PostgresQueryCompiler();
  }

  createAdapter(): PostgresAdapter {
    return new DirectPostgresAdapter(this.#send);
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new PostgresIntrospector(db);
  }
}

class DirectPostgresAdapter extends PostgresAdapter implements DirectAdapter {
  readonly #send: SendQuery;

  constructor(send: SendQuery) {
    super();
    this.#send = send;
  }

  async runDirectly({ sql, parameters }: CompiledQuery): Promise<unknown[]> {
    return (await this.#send(sql, parameters)).rows;
  }
}

class BoundDriver implements Driver {
  readonly #connection: DatabaseConnection;

  constructor(send: SendQuery) {
    this.#connection = new BoundConnection(send);
  }

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
  beginTransaction = noTransaction;
  commitTransaction = noTransaction;
  rollbackTransaction = noTransaction;
}

class BoundConnection implements DatabaseConnection {
  readonly #send: SendQuery;

  constructor(send: SendQuery) {
    this.#send = send;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { command, rowCount, rows } = await this.#send(sql, parameters);
    const isWrite = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE';
    return { rows: rows as R[], ...(isWrite && { numAffectedRows: BigInt(rowCount ?? 0) }) };
  }

  // biome-ignore lint/correctness/useYield: the generator only throws.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('queries of a bound database cannot be streamed');
  }
}

async function noTransaction(): Promise<void> {
  throw new Error('a command runs in one transaction and cannot begin another');
}
