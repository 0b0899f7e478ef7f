/**
 * The audit trail. Its rows are never changed, and are deleted only when they are old enough or their organization is
 * gone: triggers see to that, whatever statement comes. `deleted_organization` names organizations whose rows are left.
 */
import { type Kysely, sql } from 'kysely';
import type { StoreEngine } from '../tables.ts';

const dayMs = 86_400_000;
const never = 'rows of the audit trail are never changed';
const tooEarly = 'rows of the audit trail are kept for longer';

const tables = [
  `create table audit (
    id text primary key, organization_id text, at bigint not null,
    actor_kind text not null, actor_id text, actor_name text, address text, request_id text,
    action text not null, subject_kind text not null, subject_id text,
    values_before text, values_after text, refusals bigint)`,
  'create index audit_time on audit (at, id)',
  'create index audit_organization on audit (organization_id, at, id)',
  'create index audit_refusals on audit (at) where refusals is not null',
  'create table deleted_organization (id text primary key)',
];

/** Whether an old row has to stay, by the database's clock in milliseconds. */
function isKept(clock: string): string {
  return `(old.organization_id is null or exists (select 1 from organization where id = old.organization_id))
    and old.at > ${clock} - case when old.refusals is null then ${30 * dayMs} else ${7 * dayMs} end`;
}

const sqliteTriggers = [
  `create trigger audit_unchanged before update on audit begin select raise(abort, '${never}'); end`,
  `create trigger audit_kept before delete on audit
    when ${isKept(`cast(unixepoch('subsec') * 1000 as integer)`)}
    begin select raise(abort, '${tooEarly}'); end`,
];

const postgresTriggers = [
  `create function audit_unchanged() returns trigger language plpgsql as
    $$ begin raise exception '${never}'; end $$`,
  `create trigger audit_unchanged before update on audit for each row execute function audit_unchanged()`,
  `create trigger audit_whole before truncate on audit execute function audit_unchanged()`,
  `create function audit_kept() returns trigger language plpgsql as $$ begin
    if (${isKept('cast(extract(epoch from clock_timestamp()) * 1000 as bigint)')}) then raise exception '${tooEarly}'; end if;
    return old; end $$`,
  `create trigger audit_kept before delete on audit for each row execute function audit_kept()`,
];

export async function up(db: Kysely<unknown>, engine: StoreEngine): Promise<void> {
  for (const statement of [...tables, ...(engine === 'postgres' ? postgresTriggers : sqliteTriggers)])
    await sql.raw(statement).execute(db);
}
