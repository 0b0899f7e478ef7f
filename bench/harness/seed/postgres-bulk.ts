/** Inserts rows into PostgreSQL some thousand at a time, from arrays; builds the full-text index at the end. */
import { Client } from 'pg';
import { storedToken } from '../../../packages/server/src/store/postgres/search-blocks.ts';
import type { EntryKind } from '../../../packages/server/src/store/search/tokens.ts';
import type { Home } from '../colloquy.ts';
import type { BulkStore, ConversationRow, MessageRow, SeedOptions, SessionRow } from './rows.ts';
import { answerUsage } from './rows.ts';
import { createTokenizer } from './tokens.ts';

const rowsAtOnce = 4000;
/** The blocks of a document, as \`store/postgres/search-blocks.ts\` has them. */
const blocks =
  'array[(id >> 10) * 8, (id >> 13) * 8 + 1, (id >> 16) * 8 + 2, (id >> 19) * 8 + 3, (id >> 22) * 8 + 4]';

export async function openPostgresBulk(home: Home, options: SeedOptions): Promise<BulkStore> {
  const { storage, organizationId, modelId, personaId } = home;
  if (storage.engine !== 'postgres') throw new Error('not a PostgreSQL store');
  const client = new Client({ connectionString: storage.url });
  await client.connect();
  await client.query('set synchronous_commit = off');
  await client.query(`set maintenance_work_mem = '512MB'; drop index search_document_tokens; begin`);
  const tokensOf = createTokenizer(organizationId);
  const stored = (kind: EntryKind, text: string): string =>
    `{${tokensOf(kind, text).map(storedToken).join(',')}}`;
  let conversations: ConversationRow[] = [];
  let sessions: SessionRow[] = [];
  let messages: MessageRow[] = [];

  const flush = async (): Promise<void> => {
    await client.query(
      `insert into conversation (id, organization_id, environment, title, title_source, next_position,
        deleted_messages, search_state, created_at, updated_at)
       select id, $6, 'prod', title, 'user', next_position, deleted_messages, 2, created_at, created_at
       from unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::bigint[])
         as t (id, title, next_position, deleted_messages, created_at)`,
      [
        conversations.map((row) => row.id),
        conversations.map((row) => row.title),
        conversations.map((row) => row.nextPosition),
        conversations.map((row) => row.deletedMessages),
        conversations.map((row) => row.createdAtMs),
        organizationId,
      ],
    );
    await client.query(
      `insert into session (id, conversation_id, organization_id, environment, persona_id, persona_version, model_id,
        status, head_message_id, created_at, updated_at)
       select id, conversation_id, $5, 'prod', $6, 1, $7, 'active', head, created_at, created_at
       from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) as t (id, conversation_id, head, created_at)`,
      [
        sessions.map((row) => row.id),
        sessions.map((row) => row.conversationId),
        sessions.map((row) => row.headMessageId),
        sessions.map((row) => row.createdAtMs),
        organizationId,
        personaId,
        modelId,
      ],
    );
    await client.query(
      `insert into message (id, conversation_id, session_id, organization_id, environment, parent_id, role, parts, text,
        position, status, model_id, usage, search_state, created_at, updated_at)
       select id, conversation_id, session_id, $9, 'prod', parent_id, role,
         '[{"type":"text","text":' || to_json(text)::text || '}]', text, position, 'done',
         case role when 'assistant' then $10::text end, case role when 'assistant' then $11::text end,
         2, created_at, created_at
       from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::bigint[])
         as t (id, conversation_id, session_id, parent_id, role, text, position, created_at)`,
      [
        messages.map((row) => row.id),
        messages.map((row) => row.conversationId),
        messages.map((row) => row.sessionId),
        messages.map((row) => row.parentId),
        messages.map((row) => row.role),
        messages.map((row) => row.text),
        messages.map((row) => row.position),
        messages.map((row) => row.createdAtMs),
        organizationId,
        modelId,
        answerUsage,
      ],
    );
    if (options.isSearchable) {
      const insertDocuments = `insert into search_document (id, conversation_id, message_id, tokens)
         select id, conversation_id, message_id, tokens::bigint[] || ${blocks}
         from (
           select nextval(pg_get_serial_sequence('search_document', 'id')) as id, t.*
           from unnest($1::text[], $2::text[], $3::text[]) as t (conversation_id, message_id, tokens)
         ) as numbered`;
      await client.query(insertDocuments, [
        conversations.map((row) => row.id),
        conversations.map(() => null),
        conversations.map((row) => stored('title', row.title)),
      ]);
      await client.query(insertDocuments, [
        messages.map((row) => row.conversationId),
        messages.map((row) => row.id),
        messages.map((row) => stored('message', row.text)),
      ]);
    }
    conversations = [];
    sessions = [];
    messages = [];
  };

  return {
    conversation: (row) => void conversations.push(row),
    session: (row) => void sessions.push(row),
    message: (row) => void messages.push(row),
    async drained() {
      if (messages.length >= rowsAtOnce) await flush();
    },
    async finish() {
      await flush();
      await client.query('commit');
      await client.query('create index search_document_tokens on search_document using gin (tokens)');
      await client.query('vacuum (analyze)');
      await client.end();
    },
  };
}
