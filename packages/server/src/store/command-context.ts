/** The context that a command runs in: the database inside its transaction, and how it locks rows. */
import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import type { Database, StoreEngine } from './tables.ts';

/** The database inside the command's transaction or savepoint. */
export interface CommandContext {
  readonly db: Database;
  readonly engine: StoreEngine;
  /** Whether a command that fails is rolled back and runs again without this, so that it needs no savepoint of its own. */
  readonly runsAgain?: boolean;
  /**
   * A command calls this after it has sent its last statement, if only an error of a statement can still make it fail:
   * PostgreSQL then commits at once instead of after the answers.
   */
  commitsNow?(): void;
  /** A command calls this before it sends its only statement: PostgreSQL then needs no transaction around it. */
  sendsOne?(): void;
}

/**
 * Locks the rows that a query reads until the commit, against those who change or lock them, but not against those who only
 * refer to them from other tables. SQLite has one writer at a time and needs none.
 */
export function forUpdate<DB, TB extends keyof DB, O>(
  context: CommandContext,
  query: SelectQueryBuilder<DB, TB, O>,
): SelectQueryBuilder<DB, TB, O> {
  return context.engine === 'postgres' ? query.forNoKeyUpdate() : query;
}

/** Passes texts as one parameter, so that the statement's text is the same for any number of them. */
export function isAmong(engine: StoreEngine, column: string, texts: readonly string[]): RawBuilder<boolean> {
  return engine === 'postgres'
    ? sql<boolean>`${sql.ref(column)} = any(${texts}::text[])`
    : sql<boolean>`${sql.ref(column)} in (select value from json_each(${JSON.stringify(texts)}))`;
}
