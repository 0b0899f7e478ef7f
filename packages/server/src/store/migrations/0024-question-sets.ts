/**
 * Sets of saved questions. A question that was taken from a conversation refers to it, and its texts to the messages that
 * they repeat: what somebody said goes from here with the message and with the conversation. A question without any text
 * left counts as none.
 */
import { type Kysely, sql } from 'kysely';

const statements = [
  `create table question_set (
    id text primary key, organization_id text not null references organization (id) on delete cascade,
    name text not null, created_by_kind text, created_by_id text,
    created_at bigint not null, updated_at bigint not null)`,
  'create index question_set_organization on question_set (organization_id, id)',
  `create table question (
    id text primary key, question_set_id text not null references question_set (id) on delete cascade,
    position integer not null, conversation_id text references conversation (id) on delete cascade,
    created_at bigint not null)`,
  'create index question_place on question (question_set_id, position)',
  'create index question_conversation on question (conversation_id) where conversation_id is not null',
  `create table question_turn (
    question_id text not null references question (id) on delete cascade, position integer not null,
    text text not null, message_id text references message (id) on delete cascade,
    primary key (question_id, position))`,
  'create index question_turn_message on question_turn (message_id) where message_id is not null',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
