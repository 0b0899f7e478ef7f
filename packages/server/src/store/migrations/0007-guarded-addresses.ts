/**
 * Whether an organization's administrator wrote the address of a model. Nobody knows that of earlier ones, whose
 * addresses may be private ones that the operator wrote: theirs is null, and connections to them are made as before.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table model add column address_is_guarded integer`.execute(db);
}
