/** What a command runs on, and how it locks. */
import type { SelectQueryBuilder } from 'kysely';
import type { Database, StoreEngine } from './tables.ts';

/** The database inside the command's transaction or savepoint. */
export interface CommandContext {
  readonly db: Database;
  readonly engine: StoreEngine;
  /**
   * The command has asked for its last statement, and only an error of a statement can still make it fail: on PostgreSQL
   * the commit follows at once instead of after the answers.
   */
  commitsNow?(): void;
}

/** Locks the rows that a query reads until the commit. SQLite has one writer at a time and needs none. */
export function forUpdate<DB, TB extends keyof DB, O>(
  context: CommandContext,
  query: SelectQueryBuilder<DB, TB, O>,
): SelectQueryBuilder<DB, TB, O> {
  return context.engine === 'postgres' ? query.forUpdate() : query;
}
