/** Lists of an organization's end users by time. No turn writes to this index. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index end_user_newest on end_user (organization_id, created_at, id)`.execute(db);
}
