/**
 * Limits of organizations and end users, and what is counted for them. `consumption` has a row for each subject that is
 * counted (`key:<id>`, `organization:<id>`, `end_user:<id>`); `reservation` holds what live calls may still cost.
 *
 * Triggers keep both: the same insert that a report reads is what a limit counts, whatever command made it, and a
 * reservation ends with its generation, however that ended. Costs are whole billionths of the prices' currency.
 */
import { type Kysely, sql } from 'kysely';
import type { StoreEngine } from '../tables.ts';

export async function up(db: Kysely<unknown>, engine: StoreEngine): Promise<void> {
  for (const statement of [...tables, ...(engine === 'postgres' ? postgresTriggers : sqliteTriggers)])
    await sql.raw(statement).execute(db);
}

const tables = [
  'alter table api_key add column end_user_limits text',
  'alter table organization_settings add column limits text',
  'alter table organization_settings add column end_user_limits text',
  `create table consumption (
    subject text primary key,
    organization_id text not null references organization (id) on delete cascade,
    end_user_id text references end_user (id) on delete cascade,
    day integer not null, tokens bigint not null, month integer not null, cost double precision not null,
    reserved_tokens bigint not null, reserved_cost double precision not null, queued integer not null)`,
  'create index consumption_organization on consumption (organization_id)',
  'create index consumption_end_user on consumption (end_user_id) where end_user_id is not null',
  `create table reservation (
    id text not null, subject text not null references consumption (subject) on delete cascade,
    generation_id text references generation (id) on delete cascade,
    owner integer not null, tokens bigint not null, cost double precision not null, queued integer not null,
    primary key (id, subject))`,
  'create index reservation_generation on reservation (generation_id) where generation_id is not null',
  'create index reservation_subject on reservation (subject)',
];

/** A call that is older than the counted day or month changes nothing; a newer one begins a new count. */
function countCall(day: string, month: string, cost: string): string {
  return `update consumption set
    tokens = case when day > ${day} then tokens else new.prompt_tokens + new.completion_tokens
      + case when day = ${day} then tokens else 0 end end,
    day = case when day > ${day} then day else ${day} end,
    cost = case when month > ${month} then cost else ${cost} + case when month = ${month} then cost else 0 end end,
    month = case when month > ${month} then month else ${month} end
    where subject in (${subjectsOfCall})`;
}

const subjectsOfCall = `'organization:' || new.organization_id, 'key:' || new.api_key_id, 'end_user:' || new.end_user_id`;

const booked = `update consumption set reserved_tokens = reserved_tokens + new.tokens,
  reserved_cost = reserved_cost + new.cost, queued = queued + new.queued where subject = new.subject`;
const released = `update consumption set reserved_tokens = reserved_tokens - old.tokens,
  reserved_cost = reserved_cost - old.cost, queued = queued - old.queued where subject = old.subject`;
const left = `update reservation set queued = 0 where generation_id = new.id and queued = 1`;
const dequeued = `update consumption set queued = queued + new.queued - old.queued where subject = new.subject`;
const ended = 'delete from reservation where generation_id = new.id';
const leavesQueue = `old.status = 'queued' and new.status <> 'queued'`;
const ends = `new.status not in ('queued', 'running')`;

const sqliteTriggers = [
  `create trigger model_call_counted after insert on model_call begin ${countCall(
    'new.created_at / 86400000',
    `cast(strftime('%Y%m', new.created_at / 1000, 'unixepoch') as integer)`,
    'round(coalesce(new.cost, 0) * 1e9)',
  )}; end`,
  `create trigger reservation_booked after insert on reservation begin ${booked}; end`,
  `create trigger reservation_dequeued after update of queued on reservation begin ${dequeued}; end`,
  `create trigger reservation_released after delete on reservation begin ${released}; end`,
  `create trigger generation_left_queue after update of status on generation when ${leavesQueue} begin ${left}; end`,
  `create trigger generation_settled after update of status on generation when ${ends} begin ${ended}; end`,
];

/** Rows are locked in the order of their names, so that two commands don't wait for each other. */
function lock(subjects: string): string {
  return `perform 1 from consumption where subject in (${subjects}) order by subject for update`;
}
const lockOfGeneration = lock('select subject from reservation where generation_id = new.id');

function postgresTrigger(name: string, event: string, body: string, condition = ''): string[] {
  return [
    `create function ${name}() returns trigger language plpgsql as $$ begin ${body}; return null; end $$`,
    `create trigger ${name} after ${event} for each row ${condition} execute function ${name}()`,
  ];
}

const postgresTriggers = [
  ...postgresTrigger(
    'model_call_counted',
    'insert on model_call',
    `${lock(subjectsOfCall)}; if found then ${countCall(
      '(new.created_at / 86400000)',
      `to_char(to_timestamp(new.created_at / 1000.0) at time zone 'UTC', 'YYYYMM')::integer`,
      'round(coalesce(new.cost, 0) * 1e9)',
    )}; end if`,
  ),
  ...postgresTrigger('reservation_booked', 'insert on reservation', booked),
  ...postgresTrigger('reservation_dequeued', 'update of queued on reservation', dequeued),
  ...postgresTrigger('reservation_released', 'delete on reservation', released),
  ...postgresTrigger(
    'generation_left_queue',
    'update of status on generation',
    `${lockOfGeneration}; ${left}`,
    `when (${leavesQueue})`,
  ),
  ...postgresTrigger(
    'generation_settled',
    'update of status on generation',
    `${lockOfGeneration}; ${ended}`,
    `when (${ends})`,
  ),
];
