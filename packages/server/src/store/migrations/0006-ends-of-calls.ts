/**
 * Which call of a model ended its generation, and which failed. The index of all calls by model is gone, since it made
 * each turn dearer: calls of a model are counted in the index of the organization's newest ones, failed ones have one of
 * their own. A null in `is_request` is of a call that was made before: an answer was a request.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table model_call add column is_request integer`.execute(db);
  await sql`alter table model_call add column is_failed integer not null default 0`.execute(db);
  await sql`drop index model_call_model`.execute(db);
  await sql`drop index generation_model_failed`.execute(db);
  await sql`create index model_call_failed on model_call (model_id, created_at) where is_failed = 1`.execute(
    db,
  );
  await sql`drop index model_call_time`.execute(db);
  await sql`create index model_call_time on model_call (organization_id, created_at, id, model_id)`.execute(
    db,
  );
}
