/** `node:sqlite` behind Kysely's SQLite dialect: a cache of prepared statements, and the pragmas. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { type CompiledQuery, Kysely, SqliteAdapter, type SqliteDatabase, SqliteDialect } from 'kysely';
import type { DirectAdapter, ReadMemory } from '../statement.ts';
import type { Database, Tables } from '../tables.ts';

const maxCachedStatements = 500;

type PreparedStatement = ReturnType<SqliteDatabase['prepare']>;

function wrap(statement: StatementSync): PreparedStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  };
}

/** Makes the interface that Kysely's SQLite driver needs. Keeps statements prepared; past the bound the oldest goes. */
function adapt(database: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, PreparedStatement>();
  return {
    prepare(sql: string) {
      let found = statements.get(sql);
      if (found === undefined) {
        found = wrap(database.prepare(sql));
        if (statements.size >= maxCachedStatements) {
          const oldest = statements.keys().next().value;
          if (oldest !== undefined) statements.delete(oldest);
        }
        statements.set(sql, found);
      }
      return found;
    },
    close: () => database.close(),
  };
}

/** Opens the file for the only writer: WAL, every commit synced to the disk, foreign keys enforced. */
export function openForWriting(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 5000, enableForeignKeyConstraints: true });
  database.exec('pragma journal_mode = wal');
  database.exec('pragma synchronous = full');
  // What is deleted is overwritten with zeros; `scrubber.ts` removes the copies that this leaves.
  database.exec('pragma secure_delete = on');
  database.exec('pragma journal_size_limit = 67108864');
  database.exec('pragma cache_size = -32768');
  return database;
}

/** Opens the file for reads, which run beside the writer. */
export function openForReading(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 5000, readOnly: true });
  database.exec('pragma cache_size = -16384');
  return database;
}

class DirectSqliteAdapter extends SqliteAdapter implements DirectAdapter {
  readonly #database: SqliteDatabase;
  readonly memory: ReadMemory | undefined;
  readonly givesBytes = true;

  constructor(database: SqliteDatabase, memory: ReadMemory | undefined) {
    super();
    this.#database = database;
    this.memory = memory;
  }

  runDirectly({ sql, parameters }: CompiledQuery): unknown[] {
    const statement = this.#database.prepare(sql);
    if (statement.reader) return statement.all(parameters);
    statement.run(parameters);
    return [];
  }
}

class DirectSqliteDialect extends SqliteDialect {
  readonly #adapter: SqliteAdapter;

  constructor(database: SqliteDatabase, memory: ReadMemory | undefined) {
    super({ database });
    this.#adapter = new DirectSqliteAdapter(database, memory);
  }

  override createAdapter(): SqliteAdapter {
    return this.#adapter;
  }
}

/** With a `memory`, what `remembered` reads is kept in it. */
export function kyselyOn(database: DatabaseSync, memory?: ReadMemory): Database {
  return new Kysely<Tables>({ dialect: new DirectSqliteDialect(adapt(database), memory) });
}
