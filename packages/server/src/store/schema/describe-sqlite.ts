/** Describes the schema of an SQLite database. */
import { sql } from 'kysely';
import type { Database } from '../tables.ts';
import {
  type ColumnRow,
  describe,
  type IndexRow,
  type ReferenceRow,
  type SchemaDescription,
  type TriggerRow,
} from './description.ts';

/** SQLite makes these of the virtual table. */
const own =
  sql.raw(`type = 'table' and name not like 'sqlite\\_%' escape '\\' and name not like 'kysely\\_%' escape '\\'
  and name not like 'search\\_tokens%' escape '\\'`);

export async function describeSqlite(db: Database): Promise<SchemaDescription> {
  const columns = await sql<ColumnRow>`select tables.name as table_name, columns.name, columns.type,
      columns."notnull" as is_required, columns.dflt_value as default_value
    from (select name from sqlite_master where ${own}) tables, pragma_table_xinfo(tables.name) columns`.execute(
    db,
  );
  const keys = await sql<IndexRow>`select tables.name as table_name, 'primary ' || tables.name as name,
      columns.name as column_name, 0 as is_descending, 1 as is_unique, 1 as is_constraint, 1 as is_primary,
      'btree' as method, null as predicate
    from (select name from sqlite_master where ${own}) tables, pragma_table_xinfo(tables.name) columns
    where columns.pk > 0 order by tables.name, columns.pk`.execute(db);
  const indexes = await sql<IndexRow & { sql: string | null }>`select tables.name as table_name, list.name,
      info.name as column_name, info."desc" as is_descending, list."unique" as is_unique,
      list.origin <> 'c' as is_constraint, 0 as is_primary, 'btree' as method, null as predicate, master.sql
    from (select name from sqlite_master where ${own}) tables, pragma_index_list(tables.name) list,
      pragma_index_xinfo(list.name) info
      join sqlite_master master on master.type = 'index' and master.name = list.name
    where list.origin <> 'pk' and info.key = 1 order by list.name, info.seqno`.execute(db);
  const references = await sql<ReferenceRow>`select tables.name as table_name, keys."from" as column_name,
      keys."table" as target, keys.on_delete
    from (select name from sqlite_master where ${own}) tables, pragma_foreign_key_list(tables.name) keys`.execute(
    db,
  );
  const triggers =
    await sql<TriggerRow>`select tbl_name as table_name, name, sql as definition from sqlite_master
    where type = 'trigger' or name = 'search_tokens'`.execute(db);
  return describe({
    columns: columns.rows,
    indexes: [...keys.rows, ...indexes.rows.map((row) => ({ ...row, predicate: predicateOf(row.sql) }))],
    references: references.rows,
    triggers: triggers.rows,
  });
}

function predicateOf(statement: string | null): string | null {
  return /\swhere\s+(.*)$/is.exec(statement ?? '')?.[1] ?? null;
}
