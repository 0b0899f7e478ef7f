/** A command's transaction on one connection of the pool, its statements sent as they are asked for. */
import type pg from 'pg';
import { AppError } from '../../domain/errors.ts';
import type { CommandContext } from '../command-context.ts';
import type { Database } from '../tables.ts';
import { storeUnavailable } from '../unavailable.ts';
import { boundDatabase, type SendQuery } from './bound-database.ts';

/** The connection broke before the commit was sent: nothing is stored, and the command may run again. */
export class LostBeforeCommitError extends Error {
  constructor(cause: unknown) {
    super('Connection terminated before the commit was sent', { cause });
    this.name = 'LostBeforeCommitError';
  }
}

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
      if (!isBroken || error instanceof AppError) throw error;
      // What a statement on a connection that broke failed with has many forms.
      throw connection.mayHaveCommitted ? storeUnavailable(error as Error) : new LostBeforeCommitError(error);
    } finally {
      client.release(isBroken);
    }
  };
}

class Connection {
  readonly #send: SendQuery;
  readonly #db: Database;
  #state: 'new' | 'begun' | 'closed' = 'new';
  /** Whether the command's only statement is to be sent, which commits by itself. */
  #isAlone = false;
  #begun: Promise<pg.QueryResult> | undefined;
  #commit: Promise<pg.QueryResult> | undefined;

  constructor(send: SendQuery) {
    this.#send = send;
    this.#db = boundDatabase((text, values) => this.#sendStatement(text, values));
  }

  /** Whether what commits has been sent, so that the answer alone would tell whether it is stored. */
  get mayHaveCommitted(): boolean {
    return this.#commit !== undefined || this.#isAlone;
  }

  async transact<R>(run: (context: CommandContext) => Promise<R>): Promise<R> {
    this.#state = 'new';
    this.#isAlone = false;
    this.#begun = undefined;
    this.#commit = undefined;
    const context: CommandContext = {
      db: this.#db,
      engine: 'postgres',
      commitsNow: () => void this.#sendCommit(),
      sendsOne: () => {
        this.#isAlone = this.#state === 'new';
      },
    };
    const result = await run(context);
    await this.#begun;
    const committed = await this.#sendCommit();
    if (committed?.command === 'ROLLBACK')
      throw new Error('PostgreSQL rolled the transaction back instead of committing it');
    return result;
  }

  /** Rolls back once all statements under way are answered. Gives false if the connection can't be used any more. */
  async rollback(): Promise<boolean> {
    try {
      // Outside a transaction there is nothing to roll back, and PostgreSQL's log would warn of it.
      await this.#send(this.#begun === undefined ? 'select' : 'rollback', []);
      return true;
    } catch {
      return false;
    }
  }

  #sendStatement(text: string, values: readonly unknown[]): Promise<pg.QueryResult> {
    if (this.#state === 'closed')
      return Promise.reject(new Error('a command sent a statement after its commit'));
    if (this.#isAlone) {
      this.#state = 'closed';
    } else if (this.#state === 'new') {
      this.#state = 'begun';
      // `begin` travels with the command's first statements, which fail if it fails.
      this.#begun = this.#send('begin', []);
      this.#begun.catch(() => undefined);
    }
    return this.#send(text, values);
  }

  /** Undefined where there is nothing to commit: the command has sent one statement alone, or none. */
  #sendCommit(): Promise<pg.QueryResult> | undefined {
    if (this.#state === 'begun') {
      this.#commit = this.#send('commit', []);
      this.#commit.catch(() => undefined);
    }
    this.#state = 'closed';
    return this.#commit;
  }
}
