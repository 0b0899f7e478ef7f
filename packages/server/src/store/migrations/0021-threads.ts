/**
 * What messages, sessions and conversations carry besides their texts: metadata and ids of the client's, images, feedback;
 * what a persona's version tells its users. `expires_at` is set on ephemeral conversations alone, which no list shows and
 * which are erased at that time.
 *
 * A `completions` generation has metadata, be it empty, exactly where it is stored for good: these are listed.
 * The bytes of an image are kept as base64, the form in which providers take them; they count as stored by the same subjects
 * as the texts of messages.
 */
import { type Kysely, sql } from 'kysely';
import type { StoreEngine } from '../tables.ts';

export async function up(db: Kysely<unknown>, engine: StoreEngine): Promise<void> {
  for (const statement of [...statements, ...(engine === 'postgres' ? postgresTriggers : sqliteTriggers)])
    await sql.raw(statement).execute(db);
}

const statements = [
  'alter table conversation add column description text',
  'alter table conversation add column metadata text',
  'alter table conversation add column client_id text',
  'alter table conversation add column expires_at bigint',
  'alter table session add column metadata text',
  'alter table message add column metadata text',
  'alter table message add column client_id text',
  'alter table generation add column metadata text',
  'alter table persona_version add column note text',
  'alter table persona_version add column greeting text',
  'alter table persona_version add column suggestions text',
  'alter table persona_version add column show_reasoning integer',
  'alter table persona_version add column created_by_kind text',
  'alter table persona_version add column created_by_id text',

  // A list passes over the ephemeral ones without reading their rows.
  'drop index conversation_newest',
  `create index conversation_newest on conversation (organization_id, environment, created_at, id, expires_at)`,
  'drop index conversation_of_nobody',
  `create index conversation_of_nobody on conversation (organization_id, environment, created_at, id, expires_at)
    where end_user_id is null`,
  'create index conversation_expiry on conversation (expires_at) where expires_at is not null',
  `create unique index conversation_client on conversation (organization_id, environment, client_id)
    where client_id is not null and end_user_id is null`,
  `create unique index conversation_client_of_user
    on conversation (organization_id, environment, end_user_id, client_id)
    where client_id is not null and end_user_id is not null`,
  `create index message_client on message (conversation_id, client_id) where client_id is not null`,
  // The first messages of a session: several where the first question was edited.
  `create index message_roots on message (session_id, position) where parent_id is null`,
  `create index generation_stored_completions on generation (organization_id, environment, created_at, id)
    where dialect = 'completions' and metadata is not null`,

  `create table file (
    id text primary key,
    conversation_id text not null references conversation (id) on delete cascade,
    message_id text not null references message (id) on delete cascade,
    organization_id text not null, environment text not null, end_user_id text, api_key_id text,
    media_type text not null, data text not null, created_at bigint not null)`,
  'create index file_conversation on file (conversation_id)',
  'create index file_message on file (message_id)',
  `create table feedback (
    message_id text not null references message (id) on delete cascade,
    author_kind text not null, author_id text not null,
    organization_id text not null, environment text not null, conversation_id text not null,
    rating integer not null, reason text, comment text, created_at bigint not null, updated_at bigint not null,
    primary key (message_id, author_kind, author_id))`,
  'create index feedback_conversation on feedback (conversation_id)',
  'create index feedback_newest on feedback (organization_id, environment, updated_at)',
];

function subjectsOf(row: 'new' | 'old'): string {
  return `'organization:' || ${row}.organization_id, 'key:' || ${row}.api_key_id, 'end_user:' || ${row}.end_user_id`;
}

function move(by: string, row: 'new' | 'old'): string {
  return `update consumption set bytes = bytes + ${by} where bytes is not null and subject in (${subjectsOf(row)})`;
}

const added = move('octet_length(new.data)', 'new');

const sqliteTriggers = [
  `create trigger file_stored after insert on file begin ${added}; end`,
  `create trigger file_removed after delete on file begin ${move('-octet_length(old.data)', 'old')}; end`,
];

/** Rows are locked in the order of their names, as the other triggers do. */
function lock(subjects: string): string {
  return `perform 1 from consumption where bytes is not null and subject in (${subjects}) order by subject for update`;
}

function postgresTrigger(name: string, event: string, body: string): string[] {
  return [
    `create function ${name}() returns trigger language plpgsql as $$ begin ${body}; return null; end $$`,
    `create trigger ${name} after ${event} execute function ${name}()`,
  ];
}

const removedOfSubjects = ['organization', 'key', 'end_user']
  .map((subject) => {
    const column = { organization: 'organization_id', key: 'api_key_id', end_user: 'end_user_id' }[subject];
    return `select '${subject}:' || ${column} as subject, octet_length(data) as bytes from removed`;
  })
  .join(' union all ');

const postgresTriggers = [
  ...postgresTrigger(
    'file_stored',
    'insert on file for each row',
    `${lock(subjectsOf('new'))}; if found then ${added}; end if`,
  ),
  ...postgresTrigger(
    'file_removed',
    'delete on file referencing old table as removed for each statement',
    `${lock(`select subject from (${removedOfSubjects}) each`)}; if found then
      update consumption set bytes = consumption.bytes - gone.bytes
      from (select subject, sum(bytes) as bytes from (${removedOfSubjects}) each group by subject) gone
      where gone.subject = consumption.subject and consumption.bytes is not null; end if`,
  ),
];
