/**
 * A search index of tokens instead of words. What was indexed counts as outdated (state 1) and is indexed again in the
 * background, under the ids that the documents have.
 */
import { type Kysely, sql } from 'kysely';
import type { StoreEngine } from '../tables.ts';

export async function up(db: Kysely<unknown>, engine: StoreEngine): Promise<void> {
  const statements = [
    sql`drop index conversation_unindexed`,
    sql`drop index message_unindexed`,
    sql`alter table conversation rename column is_indexed to search_state`,
    sql`alter table message rename column is_indexed to search_state`,
    sql`create index conversation_unindexed on conversation (search_state, id desc) where search_state < 2`,
    sql`create index message_unindexed on message (search_state, id desc)
      where search_state < 2 and status not in ('queued', 'running')`,
    ...(engine === 'postgres' ? inPostgres() : inSqlite()),
  ];
  for (const statement of statements) await statement.execute(db);
}

/** Tokens are hashes, which don't get smaller, and whose frequencies say nothing to the planner. */
function inPostgres() {
  return [
    sql`alter table search_document drop column terms`,
    sql`alter table search_document add column tokens bigint[]`,
    sql`alter table search_document alter column tokens set storage external`,
    sql`alter table search_document alter column tokens set statistics 0`,
    sql`create index search_document_tokens on search_document using gin (tokens)`,
  ];
}

function inSqlite() {
  return [
    sql`drop trigger search_document_deleted`,
    sql`drop table search_words`,
    sql`create virtual table search_tokens using fts5 (
      tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii')`,
    sql`create trigger search_document_deleted after delete on search_document begin
      delete from search_tokens where rowid = old.id;
    end`,
  ];
}
