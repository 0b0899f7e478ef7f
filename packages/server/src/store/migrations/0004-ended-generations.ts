/** What a generation has cost, how often its calls were retried, and which model was asked first; lists of them by time. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table generation add column retries integer not null default 0`.execute(db);
  await sql`alter table generation add column cost double precision`.execute(db);
  await sql`alter table generation add column requested_model_id text`.execute(db);
  await sql`create index generation_newest on generation (organization_id, created_at, id)`.execute(db);
  await sql`create index generation_failed on generation (organization_id, created_at, id)
    where status in ('failed', 'interrupted')`.execute(db);
  await sql`create index generation_end_user on generation (end_user_id, created_at, id)
    where end_user_id is not null`.execute(db);
}
