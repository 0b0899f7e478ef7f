/** The secret that a key had before, while both are valid, and who made a key; nobody knows that of earlier ones. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table api_key add column previous_hash text`.execute(db);
  await sql`alter table api_key add column previous_until bigint`.execute(db);
  await sql`alter table api_key add column created_by_kind text`.execute(db);
  await sql`alter table api_key add column created_by_id text`.execute(db);
  await sql`create unique index api_key_previous_hash on api_key (previous_hash)
    where previous_hash is not null`.execute(db);
}
