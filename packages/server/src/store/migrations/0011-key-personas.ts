/** The personas that a key is held to, as JSON; null: all of its organization. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table api_key add column personas text`.execute(db);
}
