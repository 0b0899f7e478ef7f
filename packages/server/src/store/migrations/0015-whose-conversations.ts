/**
 * Who made conversations and generations, which nobody knows of earlier ones; who reads those of end users; and since
 * when an end user is being erased. What belongs to no end user is indexed again, since its entries say so from here on.
 */
import { type Kysely, sql } from 'kysely';

const statements = [
  'alter table organization_settings add column end_user_conversations text',
  'alter table conversation add column created_by_kind text',
  'alter table conversation add column created_by_id text',
  'alter table generation add column created_by_kind text',
  'alter table generation add column created_by_id text',
  'alter table end_user add column erasing_at bigint',
  `create index conversation_of_nobody on conversation (organization_id, environment, created_at, id)
    where end_user_id is null`,
  `create index conversation_of_member on conversation (created_by_id, organization_id, environment, created_at, id)
    where created_by_kind = 'member'`,
  'update conversation set search_state = 1 where search_state = 2 and end_user_id is null',
  'update message set search_state = 1 where search_state = 2 and end_user_id is null',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
