/** Describes the schema of a PostgreSQL database: the tables of the schema that new tables go to. */
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

const own = sql.raw(
  `tables.relnamespace = current_schema()::regnamespace and tables.relkind in ('r', 'p') and tables.relname not like 'kysely\\_%'`,
);

export async function describePostgres(db: Database): Promise<SchemaDescription> {
  const columns = await sql<ColumnRow>`select tables.relname as table_name, columns.attname as name,
      format_type(columns.atttypid, columns.atttypmod)
        || case when columns.attidentity = '' then '' else ' identity' end as type,
      columns.attnotnull as is_required, pg_get_expr(defaults.adbin, defaults.adrelid) as default_value
    from pg_class tables join pg_attribute columns on columns.attrelid = tables.oid
      left join pg_attrdef defaults on defaults.adrelid = tables.oid and defaults.adnum = columns.attnum
    where ${own} and columns.attnum > 0 and not columns.attisdropped`.execute(db);
  const indexes = await sql<IndexRow>`select tables.relname as table_name, indexes.relname as name,
      trim(both '"' from pg_get_indexdef(index.indexrelid, place::integer, true)) as column_name,
      (index.indoption[place - 1] & 1) = 1 as is_descending, index.indisunique as is_unique,
      exists (select 1 from pg_constraint where conindid = index.indexrelid and contype in ('p', 'u'))
        as is_constraint, index.indisprimary as is_primary,
      methods.amname as method, pg_get_expr(index.indpred, index.indrelid) as predicate
    from pg_class tables join pg_index index on index.indrelid = tables.oid
      join pg_class indexes on indexes.oid = index.indexrelid
      join pg_am methods on methods.oid = indexes.relam
      cross join lateral generate_series(1, index.indnkeyatts) place
    where ${own} and index.indisvalid order by indexes.relname, place`.execute(db);
  const references =
    await sql<ReferenceRow>`select tables.relname as table_name, columns.attname as column_name,
      targets.relname as target,
      case keys.confdeltype when 'c' then 'cascade' when 'n' then 'set null' else keys.confdeltype::text end
        as on_delete
    from pg_class tables join pg_constraint keys on keys.conrelid = tables.oid and keys.contype = 'f'
      join pg_class targets on targets.oid = keys.confrelid
      join pg_attribute columns on columns.attrelid = tables.oid and columns.attnum = keys.conkey[1]
    where ${own}`.execute(db);
  const triggers = await sql<TriggerRow>`select tables.relname as table_name, triggers.tgname as name,
      concat_ws(' ', triggers.tgtype, triggers.tgenabled = 'D', triggers.tgqual is not null, triggers.tgoldtable,
        triggers.tgnewtable,
        (select string_agg(columns.attname, ',' order by columns.attname) from pg_attribute columns
          where columns.attrelid = tables.oid and columns.attnum = any (triggers.tgattr)), functions.prosrc) as definition
    from pg_class tables join pg_trigger triggers on triggers.tgrelid = tables.oid and not triggers.tgisinternal
      join pg_proc functions on functions.oid = triggers.tgfoid
    where ${own}`.execute(db);
  return describe({
    columns: columns.rows,
    indexes: indexes.rows,
    references: references.rows,
    triggers: triggers.rows,
  });
}
