/**
 * Queries that are built and compiled once and then run with other values: on the path of every turn, building a
 * query costs more than SQLite needs to run it.
 */
import { type Compilable, type CompiledQuery, type RawBuilder, sql } from 'kysely';
import type { Database } from './tables.ts';

/** A Kysely adapter that can run a compiled query directly, without Kysely's layers of promises. */
export interface DirectAdapter {
  runDirectly(query: CompiledQuery): unknown[] | Promise<unknown[]>;
  /** Whether a value of a text column may be read as bytes, which it gives without decoding them. */
  readonly givesBytes?: boolean;
  /** Absent where other processes write too. */
  readonly memory?: ReadMemory | undefined;
}

/** Keeps what was read until a command may have changed it. */
export interface ReadMemory {
  /** What `read` gave last for this key, or gives now. What it did not find is not kept. */
  remember<T>(key: string, read: () => Promise<T | undefined>): Promise<T | undefined>;
}

/**
 * Reads what administrators have set: again only where it may have changed, if the database can tell. The value may be
 * shared, so it is never changed. `key` names the read with its arguments.
 */
export function remembered<T>(
  db: Database,
  key: string,
  read: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const adapter: object & Partial<DirectAdapter> = db.getExecutor().adapter;
  return adapter.memory === undefined ? read() : adapter.memory.remember(key, read);
}

/** Characters or bytes from which on a text is long. */
const longText = 64 * 1024;

/** A text column; where it is long, and the database gives bytes, its bytes in UTF-8: a `Uint8Array`. */
export function textOrBytes(db: Database, column: RawBuilder<unknown>): RawBuilder<unknown> {
  const adapter: object & Partial<DirectAdapter> = db.getExecutor().adapter;
  if (adapter.givesBytes !== true) return column;
  return sql`case when octet_length(${column}) > ${sql.lit(longText)} then cast(${column} as blob) else ${column} end`;
}

/** Runs a compiled query directly if the database's adapter can, else through Kysely. */
export async function runCompiled<R>(db: Database, query: CompiledQuery<R>): Promise<R[]> {
  const adapter: object & Partial<DirectAdapter> = db.getExecutor().adapter;
  if (adapter.runDirectly !== undefined) return (await adapter.runDirectly(query)) as R[];
  return (await db.executeQuery<R>(query)).rows;
}

class Parameter {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

type Parameters<A> = <K extends keyof A & string>(name: K) => A[K];

/** A compiled query whose values are given at each call. */
export interface Statement<A extends object, R> {
  (db: Database, args: A): Promise<R[]>;
  /** Gives the query with its values, without running it. */
  bind(db: Database, args: A): CompiledQuery<R>;
}

/**
 * Makes a statement of the query that `build` returns; it is compiled at its first use for each database. `build` puts
 * `param('name')` where a value of the call goes, and must not look at the values.
 */
export function statement<A extends object, R>(
  build: (db: Database, param: Parameters<A>) => Compilable<R> | RawBuilder<R>,
): Statement<A, R> {
  const compiled = new WeakMap<object, CompiledQuery<R>>();
  const param = (name: string): unknown => new Parameter(name);
  const bind = (db: Database, args: A): CompiledQuery<R> => {
    const key = db.getExecutor().adapter;
    let query = compiled.get(key);
    if (query === undefined) {
      const built = build(db, param as Parameters<A>);
      query = 'isRawBuilder' in built ? built.compile(db) : (built.compile() as CompiledQuery<R>);
      compiled.set(key, query);
    }
    const parameters = query.parameters.map((value) =>
      value instanceof Parameter ? (args as Record<string, unknown>)[value.name] : value,
    );
    return { ...query, parameters };
  };
  const run = (db: Database, args: A): Promise<R[]> => runCompiled(db, bind(db, args));
  return Object.assign(run, { bind });
}

/**
 * Gives the answers of statements that were sent one after the other without waiting. If some fail, the first one's
 * error is thrown: on PostgreSQL the statements after it fail only because it did.
 */
export async function answersInOrder<T extends readonly unknown[]>(
  asked: readonly [...T],
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const settled: readonly PromiseSettledResult<unknown>[] = await Promise.allSettled(asked);
  const answers = settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
  return answers as { -readonly [K in keyof T]: Awaited<T[K]> };
}
