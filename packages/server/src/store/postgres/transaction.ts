/** A command's transaction on one connection of the pool, its statements sent as they are asked for. */
import type pg from 'pg';
import { AppError } from '../../domain/errors.ts';
import type { CommandContext } from '../command-context.ts';
import type { Database } from '../tables.ts';
import { storeUnavailable } from '../unavailable.ts';
import { boundDatabase, type SendQuery } from './bound-database.ts';

/** Runs a command in a transaction, which is rolled back if the command throws. */
export type Transact = <R>(run: (context: CommandContext) => Promise<R>) => Promise<R>;

export function createTransact(pool: pg.Pool, senderOf: (client: pg.ClientBase) => SendQuery): Transact {
  const connections = new WeakMap<pg.ClientBase, Connection>();
  return async (run) => {
    const client = await pool.connect().catch((error: Error) => {
      throw storeUnavailable(error);
    });
    const connection = connections.get(client) ?? new Connection(senderOf(client));
    connections.set(client, connection);
    let isBroken = false;
    try {
      return await connection.transact(run);
    } catch (error) {
      isBroken = !(await connection.rollback());
      // What a statement on a connection that broke failed with has many forms.
      throw isBroken && !(error instanceof AppError) ? storeUnavailable(error as Error) : error;
    } finally {
      client.release(isBroken);
    }
  };
}

class Connection {
  readonly #send: SendQuery;
  readonly #db: Database;
  #commit: Promise<pg.QueryResult> | undefined;

  constructor(send: SendQuery) {
    this.#send = send;
    this.#db = boundDatabase((text, values) => {
      if (this.#commit === undefined) return send(text, values);
      return Promise.reject(new Error('a command sent a statement after its commit'));
    });
  }

  async transact<R>(run: (context: CommandContext) => Promise<R>): Promise<R> {
    this.#commit = undefined;
    // `begin` travels with the command's first statements, which fail if it fails.
    const begun = this.#send('begin', []);
    begun.catch(() => undefined);
    const context: CommandContext = {
      db: this.#db,
      engine: 'postgres',
      commitsNow: () => {
        this.#commit ??= this.#send('commit', []);
        this.#commit.catch(() => undefined);
      },
    };
    const result = await run(context);
    await begun;
    this.#commit ??= this.#send('commit', []);
    const { command } = await this.#commit;
    if (command === 'ROLLBACK')
      throw new Error('PostgreSQL rolled the transaction back instead of committing it');
    return result;
  }

  /** Rolls back once all statements under way are answered. Gives false if the connection can't be used any more. */
  async rollback(): Promise<boolean> {
    try {
      await this.#send('rollback', []);
      return true;
    } catch {
      return false;
    }
  }
}
