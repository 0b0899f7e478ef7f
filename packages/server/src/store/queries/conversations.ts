/** Reads conversations. */
import { sql } from 'kysely';
import type { Creator, Environment, Scope } from '../../domain/scope.ts';
import type { SessionRecord } from '../../domain/session.ts';
import { statement } from '../statement.ts';
import type {
  ConversationRow,
  ConversationTable,
  CreatorColumns,
  Database,
  SessionTable,
} from '../tables.ts';
import { creatorColumns, toCreator } from './creators.ts';
import { isInScope } from './scope.ts';
import { toSession } from './sessions.ts';

export interface ConversationRecord {
  readonly id: string;
  readonly organizationId: string;
  readonly environment: Environment;
  readonly endUserId: string | null;
  readonly title: string;
  readonly titleSource: ConversationTable['title_source'];
  readonly isArchived: boolean;
  /** Null for conversations of before this was kept. */
  readonly createdBy: Creator | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export function toConversation(row: ConversationTable & CreatorColumns): ConversationRecord {
  return {
    id: row.id,
    organizationId: row.organization_id,
    environment: row.environment,
    endUserId: row.end_user_id,
    title: row.title,
    titleSource: row.title_source,
    isArchived: row.is_archived === 1,
    createdBy: toCreator(row),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

const byId = statement<{ id: string }, ConversationRow>((db, param) =>
  db.selectFrom('conversation').selectAll().where('id', '=', param('id')),
);

/** A conversation with its counters, for other queries of the store. */
export async function findConversationRow(
  db: Database,
  scope: Scope,
  id: string,
): Promise<ConversationRow | undefined> {
  const [row] = await byId(db, { id: id.toLowerCase() });
  return row !== undefined && isInScope(row, scope) ? row : undefined;
}

export async function findConversation(
  db: Database,
  scope: Scope,
  id: string,
): Promise<ConversationRecord | undefined> {
  const row = await findConversationRow(db, scope, id);
  return row && toConversation(row);
}

export interface ConversationPage {
  /** Absent for archived conversations and others. */
  readonly isArchived?: boolean | undefined;
  /** Only those that this caller made. */
  readonly createdBy?: Creator | undefined;
  readonly limit: number;
  /** Conversations to skip, counted from `after` if both are given. */
  readonly offset?: number | undefined;
  /** The last conversation of the previous page. */
  readonly after?: Pick<ConversationRecord, 'id' | 'createdAt'> | undefined;
}

/** A page of conversations, newest first. Whole lists are read page by page, by `after`. */
export async function pageConversations(
  db: Database,
  scope: Scope,
  page: ConversationPage,
): Promise<ConversationRecord[]> {
  let query = db
    .selectFrom('conversation')
    .selectAll()
    .where('organization_id', '=', scope.organizationId)
    .where('environment', '=', scope.environment);
  if (scope.endUserId === null) query = query.where('end_user_id', 'is', null);
  else if (scope.endUserId !== undefined) query = query.where('end_user_id', '=', scope.endUserId);
  if (page.isArchived !== undefined) query = query.where('is_archived', '=', page.isArchived ? 1 : 0);
  if (page.createdBy !== undefined) {
    const { created_by_kind: kind, created_by_id: id } = creatorColumns(page.createdBy);
    // The kind as a literal, as in the condition of the partial index.
    query = query.where(sql<boolean>`created_by_kind = ${sql.lit(kind)}`);
    query = id === null ? query.where('created_by_id', 'is', null) : query.where('created_by_id', '=', id);
  }
  if (page.after !== undefined) {
    const { createdAt, id } = page.after;
    query = query.where(sql<boolean>`(created_at, id) < (${createdAt}, ${id})`);
  }
  query = query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(page.limit);
  if (page.offset !== undefined && page.offset > 0) query = query.offset(page.offset);
  return (await query.execute()).map(toConversation);
}

const sessionsOf = statement<{ conversation_id: string }, SessionTable>((db, param) =>
  db
    .selectFrom('session')
    .selectAll()
    .where('conversation_id', '=', param('conversation_id'))
    .orderBy('created_at')
    .orderBy('id'),
);

const newestActive = statement<{ conversation_id: string }, SessionTable>((db, param) =>
  db
    .selectFrom('session')
    .selectAll()
    .where('conversation_id', '=', param('conversation_id'))
    .where('status', '=', sql.lit<SessionTable['status']>('active'))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(sql.lit(1)),
);

/** A conversation's sessions, oldest first; empty if the conversation does not exist. */
export async function listSessions(
  db: Database,
  scope: Scope,
  conversationId: string,
): Promise<SessionRecord[]> {
  const rows = await sessionsOf(db, { conversation_id: conversationId.toLowerCase() });
  return rows.filter((row) => isInScope(row, scope)).map(toSession);
}

/** The session that a new message of the conversation is added to. */
export async function newestActiveSession(
  db: Database,
  scope: Scope,
  conversationId: string,
): Promise<SessionRecord | undefined> {
  const [row] = await newestActive(db, { conversation_id: conversationId.toLowerCase() });
  return row !== undefined && isInScope(row, scope) ? toSession(row) : undefined;
}
