/**
 * People who sign in. An account is one person, whatever organizations they are members of. What a browser or a link bears
 * is stored as its SHA-256 alone. `member.account_id` is null for members who can't sign in.
 */
import { type Kysely, sql } from 'kysely';

const statements = [
  `create table account (
    id text primary key, email text not null unique, name text not null, password text, is_operator integer not null,
    last_seen_at bigint, created_at bigint not null, updated_at bigint not null)`,
  `create table sign_in_session (
    id text primary key, hash text not null unique, account_id text not null references account (id) on delete cascade,
    method text not null, address text, user_agent text, created_at bigint not null, last_used_at bigint not null)`,
  'create index sign_in_session_account on sign_in_session (account_id, last_used_at)',
  'create index sign_in_session_last_used on sign_in_session (last_used_at)',
  'create index sign_in_session_created on sign_in_session (created_at)',
  `create table sign_in_link (
    id text primary key, hash text not null unique, purpose text not null, email text,
    organization_id text references organization (id) on delete cascade, role text,
    created_at bigint not null, expires_at bigint not null)`,
  'create index sign_in_link_organization on sign_in_link (organization_id)',
  'create index sign_in_link_expires on sign_in_link (expires_at)',
  `create table identity (
    issuer text not null, subject text not null, account_id text not null references account (id) on delete cascade,
    created_at bigint not null, primary key (issuer, subject))`,
  'create index identity_account on identity (account_id)',
  'alter table member add column account_id text references account (id) on delete set null',
  'create index member_account on member (account_id) where account_id is not null',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
