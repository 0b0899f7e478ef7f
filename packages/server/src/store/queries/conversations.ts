/** Reads conversations. */
import { type SelectQueryBuilder, sql } from 'kysely';
import { loopTurn } from '../../concurrency/loop-turn.ts';
import { fromStoredMetadata, type Metadata } from '../../domain/message.ts';
import type { Creator, Environment, Scope } from '../../domain/scope.ts';
import type { SessionRecord } from '../../domain/session.ts';
import { statement } from '../statement.ts';
import type {
  ConversationRow,
  ConversationTable,
  CreatorColumns,
  Database,
  SessionTable,
  Tables,
} from '../tables.ts';
import { creatorColumns, toCreator } from './creators.ts';
import { hasMetadata, type MetadataFilter } from './metadata.ts';
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
  readonly description: string | null;
  readonly metadata: Metadata;
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
    description: row.description,
    metadata: fromStoredMetadata(row.metadata),
    createdBy: toCreator(row),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

const byId = statement<{ id: string }, ConversationRow>((db, param) =>
  db.selectFrom('conversation').selectAll().where('id', '=', param('id')),
);

/** A conversation with its counters, for other queries of the store; an ephemeral one counts as missing. */
export async function findConversationRow(
  db: Database,
  scope: Scope,
  id: string,
): Promise<ConversationRow | undefined> {
  const [row] = await byId(db, { id: id.toLowerCase() });
  return row !== undefined && row.expires_at === null && isInScope(row, scope) ? row : undefined;
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
  /** Only those that have all of these pairs. */
  readonly metadata?: MetadataFilter | undefined;
  readonly limit: number;
  /** Conversations to skip, counted from `after` if both are given. */
  readonly offset?: number | undefined;
  /** The last conversation of the previous page. */
  readonly after?: Pick<ConversationRecord, 'id' | 'createdAt'> | undefined;
}

/** Rows that one statement passes over, at most: a piece of work for the event loop. */
const rowsAtOnce = 2000;

type Query = SelectQueryBuilder<Tables, 'conversation', ConversationRow>;

/**
 * A page of conversations, newest first. Whole lists are read page by page, by `after`. What is skipped, what is or is not
 * archived, and what others than this key made, is passed over in steps, so that no statement's work grows with the list.
 */
export async function pageConversations(
  db: Database,
  scope: Scope,
  page: ConversationPage,
): Promise<ConversationRecord[]> {
  const { isArchived, createdBy, metadata, limit, offset = 0 } = page;
  // What others made is passed over in steps.
  const isPassedOver = !isFoundByIndex(createdBy);
  if (isArchived === undefined && !isPassedOver && metadata === undefined) {
    const after = await placeBehind(db, scope, page, offset);
    if (after === 'end') return [];
    return (await inRange(db, scope, page, after).limit(limit).execute()).map(toConversation);
  }
  const found: ConversationRow[] = [];
  for (let [after, left] = [page.after, offset]; found.length < limit; ) {
    const last = await placeBehind(db, scope, { ...page, after }, rowsAtOnce);
    let step = inRange(db, scope, page, after);
    if (last !== 'end' && last !== undefined) {
      step = step.where(sql<boolean>`(created_at, id) >= (${last.createdAt}, ${last.id})`);
    }
    if (isArchived !== undefined) step = step.where('is_archived', '=', isArchived ? 1 : 0);
    if (isPassedOver && createdBy !== undefined) step = madeBy(step, createdBy);
    if (metadata !== undefined) step = step.where(hasMetadata(metadata));
    const rows = await step.limit(left + limit - found.length).execute();
    found.push(...rows.slice(left));
    left = Math.max(0, left - rows.length);
    if (last === 'end') break;
    after = last;
  }
  return found.map(toConversation);
}

/** The place behind the next `count` conversations of a page's range; `end`: there are not so many. */
async function placeBehind(
  db: Database,
  scope: Scope,
  page: ConversationPage,
  count: number,
): Promise<ConversationPage['after'] | 'end'> {
  let { after } = page;
  for (let left = count; left > 0; left -= rowsAtOnce) {
    await loopTurn();
    const last = await inRange(db, scope, page, after)
      .clearSelect()
      .select(['created_at as createdAt', 'id'])
      .offset(Math.min(left, rowsAtOnce) - 1)
      .limit(1)
      .executeTakeFirst();
    if (last === undefined) return 'end';
    after = last;
  }
  return after;
}

/** What an index finds. */
function inRange(
  db: Database,
  { organizationId, environment, endUserId }: Scope,
  { createdBy }: ConversationPage,
  after: ConversationPage['after'],
): Query {
  let query = db
    .selectFrom('conversation')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('environment', '=', environment)
    .where('expires_at', 'is', null);
  if (endUserId === null) query = query.where('end_user_id', 'is', null);
  else if (endUserId !== undefined) query = query.where('end_user_id', '=', endUserId);
  if (createdBy !== undefined && isFoundByIndex(createdBy)) query = madeBy(query, createdBy);
  if (after !== undefined)
    query = query.where(sql<boolean>`(created_at, id) < (${after.createdAt}, ${after.id})`);
  return query.orderBy('created_at', 'desc').orderBy('id', 'desc');
}

/** Whether what a caller made, if one is asked for, has an index: only what members made is so little that it has. */
function isFoundByIndex(createdBy: Creator | undefined): boolean {
  return createdBy === undefined || createdBy.kind === 'member';
}

function madeBy(query: Query, createdBy: Creator): Query {
  const { created_by_kind: kind, created_by_id: id } = creatorColumns(createdBy);
  // The kind as a literal, as in the condition of the partial index.
  const ofKind = query.where(sql<boolean>`created_by_kind = ${sql.lit(kind)}`);
  return id === null ? ofKind.where('created_by_id', 'is', null) : ofKind.where('created_by_id', '=', id);
}

const sessionsAfter = statement<
  { conversation_id: string; created_at: number; id: string; limit: number },
  SessionTable
>((db, param) =>
  db
    .selectFrom('session')
    .selectAll()
    .where('conversation_id', '=', param('conversation_id'))
    .where((eb) => sql<boolean>`(created_at, id) > (${eb.val(param('created_at'))}, ${eb.val(param('id'))})`)
    .orderBy('created_at')
    .orderBy('id')
    .limit(param('limit')),
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

/** A conversation's sessions behind one, or the first ones, oldest first. The caller has checked the scope. */
export async function pageSessions(
  db: Database,
  conversation: { readonly id: string },
  after: Pick<SessionRecord, 'createdAt' | 'id'> | undefined,
  limit: number,
): Promise<SessionRecord[]> {
  const { createdAt: created_at, id } = after ?? { createdAt: -1, id: '' };
  return (await sessionsAfter(db, { conversation_id: conversation.id, created_at, id, limit })).map(
    toSession,
  );
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
