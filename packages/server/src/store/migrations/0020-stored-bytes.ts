/**
 * Bytes (UTF-8) of the texts of the messages that keys, organizations and end users have stored. A message knows the key
 * that it came with; of earlier ones that is the key of its generation. Triggers move `consumption.bytes`, whatever
 * command stores, rewrites or deletes messages. It is null, and stays so, where nobody has asked for it yet.
 */
import { type Kysely, sql } from 'kysely';
import type { StoreEngine } from '../tables.ts';

export async function up(db: Kysely<unknown>, engine: StoreEngine): Promise<void> {
  for (const statement of [...columns, ...(engine === 'postgres' ? postgresTriggers : sqliteTriggers)])
    await sql.raw(statement).execute(db);
}

const columns = [
  'alter table consumption add column bytes bigint',
  'alter table message add column api_key_id text',
  `update message set api_key_id = generation.api_key_id from generation
    where generation.id = message.generation_id and generation.api_key_id is not null`,
  `update message set api_key_id = generation.api_key_id from generation
    where generation.reply_to = message.id and generation.api_key_id is not null and generation.attempt = (
      select min(attempt) from generation earlier where earlier.reply_to = message.id)`,
];

function subjectsOf(row: 'new' | 'old'): string {
  return `'organization:' || ${row}.organization_id, 'key:' || ${row}.api_key_id, 'end_user:' || ${row}.end_user_id`;
}

function move(by: string, row: 'new' | 'old'): string {
  return `update consumption set bytes = bytes + ${by} where bytes is not null and subject in (${subjectsOf(row)})`;
}

const added = move('octet_length(new.text)', 'new');
const rewritten = move('octet_length(new.text) - octet_length(old.text)', 'new');

const sqliteTriggers = [
  `create trigger message_stored after insert on message when new.text <> '' begin ${added}; end`,
  `create trigger message_rewritten after update of text on message when new.text <> old.text
    begin ${rewritten}; end`,
  `create trigger message_removed after delete on message when old.text <> ''
    begin ${move('-octet_length(old.text)', 'old')}; end`,
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

/** What a statement has deleted, for each subject: a conversation may have very many messages. */
const removedOfSubjects = ['organization', 'key', 'end_user']
  .map((subject) => {
    const column = { organization: 'organization_id', key: 'api_key_id', end_user: 'end_user_id' }[subject];
    return `select '${subject}:' || ${column} as subject, octet_length(text) as bytes from removed`;
  })
  .join(' union all ');

const postgresTriggers = [
  ...postgresTrigger(
    'message_stored',
    `insert on message for each row when (new.text <> '')`,
    `${lock(subjectsOf('new'))}; if found then ${added}; end if`,
  ),
  ...postgresTrigger(
    'message_rewritten',
    'update of text on message for each row when (new.text <> old.text)',
    `${lock(subjectsOf('new'))}; if found then ${rewritten}; end if`,
  ),
  ...postgresTrigger(
    'message_removed',
    'delete on message referencing old table as removed for each statement',
    `${lock(`select subject from (${removedOfSubjects}) each`)}; if found then
      update consumption set bytes = consumption.bytes - gone.bytes
      from (select subject, sum(bytes) as bytes from (${removedOfSubjects}) each group by subject) gone
      where gone.subject = consumption.subject and consumption.bytes is not null; end if`,
  ),
];
