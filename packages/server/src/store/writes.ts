/**
 * Writes of one command whose results nobody needs, sent together: on PostgreSQL as one statement, since there each
 * statement is a way to the server and back (accepting 80 turns at once took 60 ms statement by statement).
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

  /** None may depend on what another of them writes, but for a foreign key. */
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

/** Data-modifying `with` queries: all run, whatever the main query reads. */
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
