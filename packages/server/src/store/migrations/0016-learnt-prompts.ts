/** What prompts that were too long have shown of a model, beside its window. Null: nothing. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table model add column learnt_prompts text`.execute(db);
}
