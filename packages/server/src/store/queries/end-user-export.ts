/**
 * Reads all stored data of an end user, entry by entry, in pages. An entry is a line of the export that clients get,
 * with the API's names.
 */
import { sql } from 'kysely';
import { loopTurn } from '../../concurrency/loop-turn.ts';
import type { MessagePart } from '../../domain/message.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import type { Database } from '../tables.ts';
import type { EndUserRecord } from './end-users.ts';
import { readWholeMessages } from './messages.ts';
import { stepsOf } from './page.ts';
import { readSegments } from './segments.ts';

/** Segments that are read at once. */
const segmentsAtOnce = 4;

/** An entry: `type` names its kind, times are epoch milliseconds. */
export type ExportedEntry = { readonly type: string } & Readonly<Record<string, unknown>>;

export async function* exportEndUser(
  db: Database,
  scope: OrganizationScope,
  user: EndUserRecord,
): AsyncGenerator<ExportedEntry> {
  yield {
    type: 'end_user',
    id: user.id,
    user_id: user.externalId,
    environment: user.environment,
    created_at: user.createdAt,
  };
  for await (const conversation of conversationsOf(db, scope, user.id)) {
    const { is_archived, metadata, ...shown } = conversation;
    yield {
      type: 'conversation',
      ...shown,
      is_archived: is_archived === 1,
      metadata: parseJson(metadata),
    };
    for await (const { metadata, ...session } of sessionsOf(db, conversation.id)) {
      yield { type: 'session', ...session, metadata: parseJson(metadata) };
      yield* summariesOf(db, session.id);
    }
    yield* messagesOf(db, conversation.id);
    yield* filesOf(db, conversation.id);
    yield* feedbackOn(db, conversation.id);
    yield* generationsOf(db, conversation.id);
  }
  yield* modelCallsOf(db, scope, user.id);
}

function conversationsOf(db: Database, scope: OrganizationScope, endUserId: string) {
  const all = db
    .selectFrom('conversation')
    .select(['id', 'environment', 'title', 'title_source', 'is_archived', 'created_at', 'updated_at'])
    .select(['created_by_kind', 'created_by_id', 'description', 'metadata', 'client_id'])
    .where('organization_id', '=', scope.organizationId)
    .where('end_user_id', '=', endUserId)
    .where('expires_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id');
  return stepsOf(all, behind);
}

function sessionsOf(db: Database, conversationId: string) {
  const all = db
    .selectFrom('session')
    .select(['id', 'conversation_id', 'persona_id', 'persona_version', 'model_id', 'status'])
    .select(['created_at', 'updated_at', 'metadata'])
    .where('conversation_id', '=', conversationId)
    .orderBy('created_at')
    .orderBy('id');
  return stepsOf(all, behind);
}

/** Behind a row in the order of time, then id. */
function behind({ created_at, id }: { readonly created_at: number; readonly id: string }) {
  return sql<boolean>`(created_at, id) > (${created_at}, ${id})`;
}

function behindId({ id }: { readonly id: string }) {
  return sql<boolean>`id > ${id}`;
}

async function* summariesOf(db: Database, sessionId: string): AsyncGenerator<ExportedEntry> {
  const all = db
    .selectFrom('summary')
    .select(['id', 'session_id', 'version', 'through_message_id', 'text', 'created_at'])
    .where('session_id', '=', sessionId)
    .orderBy('version');
  const summaries = stepsOf(all, ({ version }) => sql`version > ${version}`);
  for await (const summary of summaries) yield { type: 'summary', ...summary };
}

async function* messagesOf(db: Database, conversationId: string): AsyncGenerator<ExportedEntry> {
  for (let from = 0; ; ) {
    await loopTurn();
    const messages = await readWholeMessages(db, conversationId, from);
    for (const { parts, usage, metadata, ...message } of messages) {
      yield {
        type: 'message',
        ...message,
        parts: JSON.parse(parts) as MessagePart[],
        usage: parseJson(usage),
        metadata: parseJson(metadata),
      };
      from = message.position + 1;
    }
    if (messages.length === 0) return;
  }
}

/** Images; each is read alone. */
async function* filesOf(db: Database, conversationId: string): AsyncGenerator<ExportedEntry> {
  const ids = stepsOf(
    db.selectFrom('file').select('id').where('conversation_id', '=', conversationId).orderBy('id'),
    behindId,
  );
  for await (const { id } of ids) {
    const file = await db
      .selectFrom('file')
      .select(['id', 'conversation_id', 'message_id', 'media_type', 'data', 'created_at'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (file !== undefined) yield { type: 'file', ...file };
  }
}

async function* feedbackOn(db: Database, conversationId: string): AsyncGenerator<ExportedEntry> {
  const all = db
    .selectFrom('feedback')
    .select(['message_id', 'author_kind', 'author_id', 'rating', 'reason', 'comment'])
    .select(['created_at', 'updated_at'])
    .where('conversation_id', '=', conversationId)
    .orderBy('message_id')
    .orderBy('author_kind')
    .orderBy('author_id');
  const behindAuthor = (last: { message_id: string; author_kind: string; author_id: string }) =>
    sql<boolean>`(message_id, author_kind, author_id) > (${last.message_id}, ${last.author_kind}, ${last.author_id})`;
  for await (const feedback of stepsOf(all, behindAuthor)) yield { type: 'feedback', ...feedback };
}

async function* generationsOf(db: Database, conversationId: string): AsyncGenerator<ExportedEntry> {
  const all = db
    .selectFrom('generation')
    .select(['id', 'conversation_id', 'session_id', 'reply_to', 'attempt', 'message_id', 'model_id'])
    .select(['model_name', 'provider', 'persona_id', 'persona_version', 'api_key_id', 'dialect'])
    .select(['status', 'created_at', 'started_at', 'first_token_at', 'finished_at', 'finish_reason'])
    .select(['usage', 'error', 'created_by_kind', 'created_by_id'])
    .where('conversation_id', '=', conversationId)
    .orderBy('id');
  for await (const { usage, error, ...shown } of stepsOf(all, behindId)) {
    yield { type: 'generation', ...shown, usage: parseJson(usage), error: parseJson(error) };
    yield* eventsOf(db, shown.id);
  }
}

async function* eventsOf(db: Database, generationId: string): AsyncGenerator<ExportedEntry> {
  for (let after = 0; ; ) {
    await loopTurn();
    const segments = await readSegments(db, generationId, after, segmentsAtOnce);
    for (const { firstSeq: first_seq, lastSeq: last_seq, events } of segments) {
      yield { type: 'events', generation_id: generationId, first_seq, last_seq, events };
      after = last_seq;
    }
    if (segments.length < segmentsAtOnce) return;
  }
}

async function* modelCallsOf(
  db: Database,
  scope: OrganizationScope,
  endUserId: string,
): AsyncGenerator<ExportedEntry> {
  const all = db
    .selectFrom('model_call')
    .select(['id', 'generation_id', 'model_id', 'purpose', 'prompt_tokens', 'completion_tokens'])
    .select(['provenance', 'cost', 'created_at'])
    .where('organization_id', '=', scope.organizationId)
    .where('end_user_id', '=', endUserId)
    .orderBy('id');
  for await (const call of stepsOf(all, behindId)) yield { type: 'model_call', ...call };
}

function parseJson(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}
