/** What an organization sets about its answers and their side calls, and how often a title was asked for in vain. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table organization_settings (
    organization_id text primary key references organization (id) on delete cascade,
    titles text, summaries text, helper_model_id text,
    title_prompt text, summary_prompt text, query_prompt text,
    internet text not null, updated_at bigint not null)`.execute(db);
  await sql`create index organization_settings_helper_model on organization_settings (helper_model_id)
    where helper_model_id is not null`.execute(db);
  await sql`alter table conversation add column title_tries integer not null default 0`.execute(db);
}
