/**
 * How long conversations are kept. `retention_run` counts what the run that is under way has deleted, so that one that is
 * cut off is gone on with; `job_lease` says which process does a job that one does at a time.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [
    sql`alter table organization_settings add column retention_days text`,
    sql`create table retention_run (
      organization_id text not null references organization (id) on delete cascade, environment text not null,
      conversations integer not null, sessions integer not null, messages integer not null,
      generations integer not null, segments integer not null, primary key (organization_id, environment))`,
    sql`create table job_lease (name text primary key, holder text not null, until bigint not null)`,
  ])
    await statement.execute(db);
}
