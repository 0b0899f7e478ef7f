/** Segments that hold nothing but deltas are marked: whoever resumes behind one has no need of it. Older ones are not. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table segment add column is_plain integer`.execute(db);
}
