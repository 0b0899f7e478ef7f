/**
 * Webhooks, and what is to be delivered to them. Triggers write a delivery for each webhook that wants an event, in the
 * transaction of what happened, whatever command it was; an organization without webhooks costs them one look at an index.
 * `deleted_webhook` names webhooks whose deliveries are not all gone yet. No delivery refers to its webhook by a foreign
 * key, so that the end of an answer never waits for, or fails with, a webhook that is being deleted.
 *
 * A budget is reached when what a subject has spent comes to its limit, or, by command, when a call is refused for it;
 * `consumption.reached_month` says for which month that was told.
 */
import { type Kysely, sql } from 'kysely';
import type { StoreEngine } from '../tables.ts';

export async function up(db: Kysely<unknown>, engine: StoreEngine): Promise<void> {
  for (const statement of [...tables, ...(engine === 'postgres' ? postgresTriggers : sqliteTriggers)])
    await sql.raw(statement).execute(db);
}

const tables = [
  `create table webhook (
    id text primary key, organization_id text not null references organization (id) on delete cascade,
    url text not null, events text not null, description text, secret_encrypted text not null,
    address_is_guarded integer not null, is_active integer not null, gone_at bigint,
    failures integer not null, failing_since bigint, paused_until bigint,
    created_by_kind text, created_by_id text, created_at bigint not null, updated_at bigint not null)`,
  'create index webhook_organization on webhook (organization_id, id)',
  'create table deleted_webhook (id text primary key)',
  `create table webhook_delivery (
    id text primary key, webhook_id text not null, type text not null, data text not null, end_user_id text,
    status text not null, attempts integer not null, since bigint not null, next_at bigint, leased_until bigint,
    last_attempt_at bigint, response_status integer, error text, delivered_at bigint, created_at bigint not null)`,
  'create index webhook_delivery_newest on webhook_delivery (webhook_id, id)',
  'create index webhook_delivery_due on webhook_delivery (webhook_id, next_at) where next_at is not null',
  `create index webhook_delivery_end_user on webhook_delivery (end_user_id) where end_user_id is not null`,
  `create index webhook_delivery_of_erased on webhook_delivery (created_at)
    where type = 'user.erased' and next_at is not null`,
  'alter table consumption add column reached_month integer',
  'alter table consumption add column reached_environment text',
];

interface Dialect {
  /** Epoch milliseconds. */
  readonly clock: string;
  /** A new UUIDv7. */
  readonly id: string;
  readonly object: string;
  json(column: string): string;
  number(json: string, name: string): string;
  text(json: string, name: string): string;
  smallest(numbers: readonly string[]): string;
}

const sqliteClock = `cast(unixepoch('subsec') * 1000 as integer)`;
const sqliteTime = `printf('%012x', ${sqliteClock})`;
const sqlite: Dialect = {
  clock: sqliteClock,
  id: `lower(substr(${sqliteTime}, 1, 8) || '-' || substr(${sqliteTime}, 9, 4) || '-7' ||
    substr(hex(randomblob(2)), 2) || '-' || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) ||
    '-' || hex(randomblob(6)))`,
  object: 'json_object',
  json: (column) => `json(${column})`,
  number: (json, name) => `${json} ->> '${name}'`,
  text: (json, name) => `${json} ->> '${name}'`,
  smallest: (numbers) =>
    `(select min(column1) from (values ${numbers.map((number) => `(${number})`).join(', ')}))`,
};

const postgresClock = '(extract(epoch from clock_timestamp()) * 1000)::bigint';
const postgresTime = `lpad(to_hex(${postgresClock}), 12, '0')`;
const postgres: Dialect = {
  clock: postgresClock,
  id: `left(${postgresTime}, 8) || '-' || substr(${postgresTime}, 9) || '-7' || substr(gen_random_uuid()::text, 16)`,
  object: 'json_build_object',
  json: (column) => `${column}::json`,
  number: (json, name) => `(${json}::json ->> '${name}')::double precision`,
  text: (json, name) => `${json}::json ->> '${name}'`,
  smallest: (numbers) => `least(${numbers.join(', ')})`,
};

/** Writes an event for each webhook of the row's organization that wants it. */
function tell(
  { clock, id, object }: Dialect,
  row: string,
  event: { readonly type: string; readonly data: Readonly<Record<string, string>>; readonly user?: string },
  { from = '', where = '' }: { readonly from?: string; readonly where?: string } = {},
): string {
  const data = Object.entries(event.data).map(([name, value]) => `'${name}', ${value}`);
  return `insert into webhook_delivery
      (id, webhook_id, type, data, end_user_id, status, attempts, since, next_at, created_at)
    select ${id}, webhook.id, ${event.type}, ${object}(${data.join(', ')}), ${event.user ?? 'null'},
      'pending', 0, ${clock}, ${clock}, ${clock}
    from ${from} webhook
    where webhook.organization_id = ${row}.organization_id and webhook.is_active = 1
      and webhook.events like '%"' || ${event.type} || '"%' ${where}`;
}

/** The `user_id` of a row's end user; null without one. */
const userId = '(select external_id from end_user where end_user.id = new.end_user_id)';

function tellOfGeneration(dialect: Dialect): string {
  return tell(dialect, 'new', {
    type: `(case when new.status in ('done', 'cancelled') then 'generation.completed' else 'generation.failed' end)`,
    data: {
      environment: 'new.environment',
      conversation_id: 'new.conversation_id',
      session_id: 'new.session_id',
      message_id: 'new.message_id',
      generation_id: 'new.id',
      model_id: 'new.model_id',
      persona_id: 'new.persona_id',
      key_id: 'new.api_key_id',
      user_id: userId,
      status: 'new.status',
      code: dialect.text('new.error', 'code'),
      usage: dialect.json('new.usage'),
      cost: 'new.cost',
    },
    user: 'new.end_user_id',
  });
}

/** Nobody was told of a conversation that goes by itself. */
const tellOfConversation = (dialect: Dialect, row: string, from = ''): string =>
  tell(
    dialect,
    row,
    {
      type: `'conversation.deleted'`,
      data: { environment: `${row}.environment`, conversation_id: `${row}.id` },
    },
    { from, where: `and ${row}.expires_at is null` },
  );

const tellOfUser = (dialect: Dialect, row: string, from = ''): string =>
  tell(
    dialect,
    row,
    {
      type: `'user.erased'`,
      data: { environment: `${row}.environment`, user_id: `${row}.external_id` },
    },
    { from },
  );

const tellOfBudget = (dialect: Dialect): string =>
  tell(dialect, 'new', {
    type: `'budget.reached'`,
    data: {
      environment: 'new.reached_environment',
      key_id: `case when new.subject like 'key:%' then substr(new.subject, 5) end`,
      user_id: userId,
      cost: 'case when new.month = new.reached_month then new.cost / 1e9 else 0 end',
    },
    user: 'new.end_user_id',
  });

const subjectsOfCall = `'organization:' || new.organization_id, 'key:' || new.api_key_id, 'end_user:' || new.end_user_id`;

/** As migration 0012 has it. */
function countCall(day: string, month: string, cost: string): string {
  return `update consumption set
    tokens = case when day > ${day} then tokens else new.prompt_tokens + new.completion_tokens
      + case when day = ${day} then tokens else 0 end end,
    day = case when day > ${day} then day else ${day} end,
    cost = case when month > ${month} then cost else ${cost} + case when month = ${month} then cost else 0 end end,
    month = case when month > ${month} then month else ${month} end
    where subject in (${subjectsOfCall})`;
}

/** Notes, where a webhook wants to know it, that a call has used a budget up. */
function noteReached({ number, smallest }: Dialect): string {
  const limit = (column: string, table: string, condition: string): string =>
    `(select ${number(column, 'budget_per_month')} from ${table} where ${condition})`;
  const ofSettings = 'organization_settings.organization_id = new.organization_id';
  const ofKey = 'api_key.id = new.api_key_id';
  return `update consumption set reached_month = month, reached_environment = new.environment
    where subject in (${subjectsOfCall}) and (reached_month is null or reached_month <> month)
      and exists (select 1 from webhook where webhook.organization_id = new.organization_id
        and webhook.is_active = 1 and webhook.events like '%"budget.reached"%')
      and cost >= round(1e9 * case
        when subject like 'key:%' then ${limit('api_key.limits', 'api_key', ofKey)}
        when subject like 'organization:%' then ${limit('organization_settings.limits', 'organization_settings', ofSettings)}
        else ${smallest([
          limit('api_key.end_user_limits', 'api_key', ofKey),
          limit('organization_settings.end_user_limits', 'organization_settings', ofSettings),
        ])} end)`;
}

const ends = `old.status in ('queued', 'running') and new.status not in ('queued', 'running')`;
const isReached = 'new.reached_month is not null';

const sqliteTriggers = [
  `create trigger generation_told after update of status on generation when ${ends}
    begin ${tellOfGeneration(sqlite)}; end`,
  `create trigger conversation_told after delete on conversation begin ${tellOfConversation(sqlite, 'old')}; end`,
  `create trigger end_user_told after delete on end_user begin ${tellOfUser(sqlite, 'old')}; end`,
  'drop trigger model_call_counted',
  `create trigger model_call_counted after insert on model_call begin ${countCall(
    'new.created_at / 86400000',
    `cast(strftime('%Y%m', new.created_at / 1000, 'unixepoch') as integer)`,
    'round(coalesce(new.cost, 0) * 1e9)',
  )}; ${noteReached(sqlite)}; end`,
  `create trigger consumption_reached after update of reached_month on consumption when ${isReached}
    begin ${tellOfBudget(sqlite)}; end`,
];

function postgresTrigger(name: string, event: string, body: string): string[] {
  return [
    `create function ${name}() returns trigger language plpgsql as $$ begin ${body}; return null; end $$`,
    `create trigger ${name} after ${event} execute function ${name}()`,
  ];
}

const postgresTriggers = [
  ...postgresTrigger(
    'generation_told',
    `update of status on generation for each row when (${ends})`,
    tellOfGeneration(postgres),
  ),
  ...postgresTrigger(
    'conversation_told',
    'delete on conversation referencing old table as removed for each statement',
    tellOfConversation(postgres, 'removed', 'removed cross join'),
  ),
  ...postgresTrigger(
    'end_user_told',
    'delete on end_user referencing old table as removed for each statement',
    tellOfUser(postgres, 'removed', 'removed cross join'),
  ),
  `create or replace function model_call_counted() returns trigger language plpgsql as $$ begin
    perform 1 from consumption where subject in (${subjectsOfCall}) order by subject for update;
    if found then
      ${countCall(
        '(new.created_at / 86400000)',
        `to_char(to_timestamp(new.created_at / 1000.0) at time zone 'UTC', 'YYYYMM')::integer`,
        'round(coalesce(new.cost, 0) * 1e9)',
      )};
      ${noteReached(postgres)};
    end if; return null; end $$`,
  ...postgresTrigger(
    'consumption_reached',
    `update of reached_month on consumption for each row when (${isReached})`,
    tellOfBudget(postgres),
  ),
];
