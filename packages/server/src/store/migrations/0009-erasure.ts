/**
 * Results of claimed calls are stored as ids, without titles and texts. `erasure` says that data was erased of which the
 * files of the database still have copies; a database that was in use before may have copies of what was deleted then.
 */
import { type Kysely, sql } from 'kysely';
import type { StoreEngine } from '../tables.ts';

export async function up(db: Kysely<unknown>, engine: StoreEngine): Promise<void> {
  const ids =
    engine === 'postgres'
      ? sql`json_build_object('id', result::json -> 'id')::text`
      : sql`json_object('id', json_extract(result, '$.id'))`;
  await sql`update idempotency set result = ${ids} where result like '{"id":%'`.execute(db);
  // Claims of members are named by their organization now.
  await sql`delete from idempotency where scope like 'member:%'`.execute(db);
  await sql`create table erasure (
    id integer primary key check (id = 1), first_at bigint not null, count bigint not null)`.execute(db);
  if (engine === 'postgres') return;
  await sql`insert into erasure (id, first_at, count)
    select 1, cast(unixepoch('subsec') * 1000 as integer), 1 where exists (select 1 from conversation)
      or exists (select 1 from model_call)`.execute(db);
}
