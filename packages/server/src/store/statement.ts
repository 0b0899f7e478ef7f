/**
 * Queries that are built and compiled once and then run with other values: on the path of every turn, building a
 * query costs more than SQLite needs to run it.
 */
import type { Compilable, CompiledQuery, RawBuilder } from 'kysely';
import type { Database } from './tables.ts';

/** An adapter of Kysely's that can run a compiled query itself, past Kysely's layers of promises. */
export interface DirectAdapter {
  runDirectly(query: CompiledQuery): unknown[] | Promise<unknown[]>;
}

/** Runs a compiled query the shortest way that its database has. */
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

/** A compiled query that waits for its values. */
export interface Statement<A extends object, R> {
  (db: Database, args: A): Promise<R[]>;
  /** With its values, but not run. */
  bind(db: Database, args: A): CompiledQuery<R>;
}

/**
 * A function that runs the query which `build` makes, compiled at its first use for each database. `build` gets
 * `param('name')` where a value goes that the call gives; it must not look at those values.
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
 * The answers of statements that were asked for one behind the other without waiting. Where some fail, the first one's
 * error is thrown: on PostgreSQL those behind it fail only because it did.
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
