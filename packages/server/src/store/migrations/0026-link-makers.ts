/** Whose account has made a link: it is worth what its maker may still do. Null: whoever runs the server, or a link of before. */
import { type Kysely, sql } from 'kysely';

const statements = [
  'alter table sign_in_link add column made_by text references account (id) on delete cascade',
  'create index sign_in_link_maker on sign_in_link (made_by) where made_by is not null',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
