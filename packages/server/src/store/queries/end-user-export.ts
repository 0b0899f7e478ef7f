/**
 * Reads all stored data of an end user, entry by entry, in pages. An entry is a line of the export that clients get,
 * with the API's names.
 */

import type { MessagePart } from '../../domain/message.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import type { Database } from '../tables.ts';
import type { EndUserRecord } from './end-users.ts';

const pageSize = 200;

/** An entry: `type` names its kind, times are epoch milliseconds. */
export type ExportedEntry = { readonly type: string } & Readonly<Record<string, unknown>>;

interface Place {
  readonly at: number;
  readonly id: string;
}

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
    const { is_archived, ...shown } = conversation;
    yield { type: 'conversation', ...shown, is_archived: is_archived === 1 };
    const sessions = await db
      .selectFrom('session')
      .select(['id', 'conversation_id', 'persona_id', 'persona_version', 'model_id', 'status'])
      .select(['created_at', 'updated_at'])
      .where('conversation_id', '=', conversation.id)
      .orderBy('created_at')
      .execute();
    for (const session of sessions) {
      yield { type: 'session', ...session };
      yield* summariesOf(db, session.id);
    }
    yield* messagesOf(db, conversation.id);
    yield* generationsOf(db, conversation.id);
  }
  yield* modelCallsOf(db, scope, user.id);
}

async function* conversationsOf(db: Database, scope: OrganizationScope, endUserId: string) {
  let last: Place | undefined;
  for (;;) {
    let query = db
      .selectFrom('conversation')
      .select(['id', 'environment', 'title', 'title_source', 'is_archived', 'created_at', 'updated_at'])
      .select(['created_by_kind', 'created_by_id'])
      .where('organization_id', '=', scope.organizationId)
      .where('end_user_id', '=', endUserId);
    if (last !== undefined) {
      const { at, id } = last;
      query = query
        .where('created_at', '>=', at)
        .where((eb) => eb.or([eb('created_at', '>', at), eb('id', '>', id)]));
    }
    const page = await query.orderBy('created_at').orderBy('id').limit(pageSize).execute();
    yield* page;
    const end = page.at(-1);
    if (end === undefined || page.length < pageSize) return;
    last = { at: end.created_at, id: end.id };
  }
}

async function* summariesOf(db: Database, sessionId: string): AsyncGenerator<ExportedEntry> {
  const summaries = await db
    .selectFrom('summary')
    .select(['id', 'session_id', 'version', 'through_message_id', 'text', 'created_at'])
    .where('session_id', '=', sessionId)
    .orderBy('version')
    .execute();
  for (const summary of summaries) yield { type: 'summary', ...summary };
}

async function* messagesOf(db: Database, conversationId: string): AsyncGenerator<ExportedEntry> {
  let after = -1;
  for (;;) {
    const page = await db
      .selectFrom('message')
      .select(['id', 'conversation_id', 'session_id', 'parent_id', 'role', 'parts', 'position', 'status'])
      .select(['generation_id', 'model_id', 'usage', 'created_at', 'updated_at'])
      .where('conversation_id', '=', conversationId)
      .where('position', '>', after)
      .orderBy('position')
      .limit(pageSize)
      .execute();
    for (const { parts, usage, ...message } of page) {
      yield {
        type: 'message',
        ...message,
        parts: JSON.parse(parts) as MessagePart[],
        usage: parseJson(usage),
      };
      after = message.position;
    }
    if (page.length < pageSize) return;
  }
}

async function* generationsOf(db: Database, conversationId: string): AsyncGenerator<ExportedEntry> {
  const ids = await db
    .selectFrom('generation')
    .select('id')
    .where('conversation_id', '=', conversationId)
    .orderBy('id')
    .execute();
  for (const { id } of ids) {
    const generation = await db
      .selectFrom('generation')
      .select(['id', 'conversation_id', 'session_id', 'reply_to', 'attempt', 'message_id', 'model_id'])
      .select(['model_name', 'provider', 'persona_id', 'persona_version', 'api_key_id', 'dialect'])
      .select(['status', 'created_at', 'started_at', 'first_token_at', 'finished_at', 'finish_reason'])
      .select(['usage', 'error', 'created_by_kind', 'created_by_id'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (generation === undefined) continue;
    const { usage, error, ...shown } = generation;
    yield { type: 'generation', ...shown, usage: parseJson(usage), error: parseJson(error) };
    yield* eventsOf(db, id);
  }
}

async function* eventsOf(db: Database, generationId: string): AsyncGenerator<ExportedEntry> {
  let after = 0;
  for (;;) {
    const page = await db
      .selectFrom('segment')
      .selectAll()
      .where('generation_id', '=', generationId)
      .where('first_seq', '>', after)
      .orderBy('first_seq')
      .limit(pageSize)
      .execute();
    for (const segment of page) {
      yield { type: 'events', ...segment, events: parseJson(segment.events) };
      after = segment.first_seq;
    }
    if (page.length < pageSize) return;
  }
}

async function* modelCallsOf(
  db: Database,
  scope: OrganizationScope,
  endUserId: string,
): AsyncGenerator<ExportedEntry> {
  let after = '';
  for (;;) {
    const page = await db
      .selectFrom('model_call')
      .select(['id', 'generation_id', 'model_id', 'purpose', 'prompt_tokens', 'completion_tokens'])
      .select(['provenance', 'cost', 'created_at'])
      .where('organization_id', '=', scope.organizationId)
      .where('end_user_id', '=', endUserId)
      .where('id', '>', after)
      .orderBy('id')
      .limit(pageSize)
      .execute();
    for (const call of page) yield { type: 'model_call', ...call };
    const end = page.at(-1);
    if (end === undefined || page.length < pageSize) return;
    after = end.id;
  }
}

function parseJson(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}
