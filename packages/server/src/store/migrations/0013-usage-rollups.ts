/**
 * Usage added up by the hour, in `usage_rollup`, and how long calls took. A trigger notes each call in `usage_pending`,
 * from where a background step adds it up, exactly once. The calls that were made before are noted here, and so added up
 * after the start.
 */
import { type Kysely, sql } from 'kysely';
import type { StoreEngine } from '../tables.ts';

export async function up(db: Kysely<unknown>, engine: StoreEngine): Promise<void> {
  const withoutRowid = engine === 'sqlite' ? 'without rowid' : '';
  const statements = [
    'alter table model_call add column first_token_ms integer',
    'alter table model_call add column duration_ms integer',
    `create table usage_pending (
      organization_id text not null, call_id text not null, is_before integer not null default 0,
      primary key (organization_id, call_id)) ${withoutRowid}`,
    `create table usage_rollup (
      organization_id text not null references organization (id) on delete cascade, end_user_id text not null,
      hour integer not null, environment text not null, model_id text not null, persona_id integer not null,
      api_key_id text not null, purpose text not null, provenance text not null,
      calls integer not null, requests integer not null, errors integer not null, unpriced_calls integer not null,
      prompt_tokens bigint not null, completion_tokens bigint not null, cost double precision not null,
      first_token text not null, duration text not null,
      primary key (organization_id, end_user_id, hour, environment, model_id, persona_id, api_key_id, purpose,
        provenance)) ${withoutRowid}`,
    `create index usage_rollup_users on usage_rollup (organization_id, hour) where end_user_id <> ''`,
    ...(engine === 'postgres' ? postgresTrigger : [sqliteTrigger]),
    `insert into usage_pending (organization_id, call_id, is_before) select organization_id, id, 1 from model_call`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const noted = 'insert into usage_pending (organization_id, call_id) values (new.organization_id, new.id)';

const sqliteTrigger = `create trigger model_call_noted after insert on model_call begin ${noted}; end`;

const postgresTrigger = [
  `create function model_call_noted() returns trigger language plpgsql as $$ begin ${noted}; return null; end $$`,
  `create trigger model_call_noted after insert on model_call for each row execute function model_call_noted()`,
];
