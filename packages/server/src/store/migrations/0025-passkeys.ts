/**
 * Passkeys: public keys (COSE) of accounts, which are bound to the host name that they were made for. A challenge is here
 * from its use until the end of its time, so that it is used once.
 */
import { type Kysely, sql } from 'kysely';

const statements = [
  `create table passkey (
    id text primary key, account_id text not null references account (id) on delete cascade,
    credential_id text not null unique, rp_id text not null, public_key text not null, counter bigint not null,
    transports text not null, is_backed_up integer not null, name text not null,
    created_at bigint not null, last_used_at bigint)`,
  'create index passkey_account on passkey (account_id, id)',
  'create table used_challenge (hash text primary key, expires_at bigint not null)',
  'create index used_challenge_expires on used_challenge (expires_at)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
