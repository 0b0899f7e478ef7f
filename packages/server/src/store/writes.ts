/**
 * Sends those writes of a command together whose results are not needed: on PostgreSQL as one statement, since there
 * each statement is a round trip (accepting 80 turns at once took 60 ms statement by statement).
 */
import { CompiledQuery } from 'kysely';
import type { CommandContext } from './command-context.ts';
import { runCompiled, type Statement } from './statement.ts';

export class Writes {
  readonly #context: CommandContext;
  readonly #queries: CompiledQuery[] = [];

  constructor(context: CommandContext) {
    this.#context = context;
  }

  /** Adds a write. Writes of one command must not depend on each other, except through foreign keys. */
  add<A extends object>(statement: Statement<A, unknown>, args: A): void {
    this.#queries.push(statement.bind(this.#context.db, args));
  }

  async run(): Promise<void> {
    const { db, engine } = this.#context;
    if (engine === 'postgres' && this.#queries.length > 1) {
      await runCompiled(db, together(this.#queries));
      return;
    }
    for (const query of this.#queries) await runCompiled(db, query);
  }
}

/** Joins the queries as data-modifying `with` clauses; PostgreSQL runs all of them, whatever the main query reads. */
function together(queries: readonly CompiledQuery[]): CompiledQuery {
  const parameters: unknown[] = [];
  const parts = queries.map((query, index) => {
    const before = parameters.length;
    parameters.push(...query.parameters);
    const sql = query.sql.replace(/\$(\d+)/g, (_, n: string) => `$${Number(n) + before}`);
    return `w${index} as (${sql})`;
  });
  return CompiledQuery.raw(`with ${parts.join(', ')} select 1`, parameters);
}
