/** How a model is told what the assistant said before the user's first message. A null is the default. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table model add column greeting_role text`.execute(db);
}
