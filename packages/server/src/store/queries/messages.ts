/** Reads messages. */
import { sql } from 'kysely';
import { notFound } from '../../domain/errors.ts';
import type { Source } from '../../domain/event.ts';
import type { MessagePart, MessageRole, MessageStatus } from '../../domain/message.ts';
import type { Scope } from '../../domain/scope.ts';
import type { Usage } from '../../domain/usage.ts';
import { statement } from '../statement.ts';
import type { Database, MessageTable } from '../tables.ts';
import { findConversationRow } from './conversations.ts';
import { isInScope } from './scope.ts';

const byId = statement<{ id: string }, MessageTable>((db, param) =>
  db.selectFrom('message').selectAll().where('id', '=', param('id')),
);

export async function findMessage(
  db: Database,
  scope: Scope,
  id: string,
): Promise<MessageRecord | undefined> {
  const [row] = await byId(db, { id: id.toLowerCase() });
  return row !== undefined && isInScope(row, scope) ? toMessage(row) : undefined;
}

/** The text of a message, for the engine: the scope was checked when the turn was accepted. */
export async function findMessageText(db: Database, id: string): Promise<string | undefined> {
  return (await byId(db, { id }))[0]?.text;
}

/** A message as lists show it. */
export interface MessageRecord {
  readonly id: string;
  readonly conversationId: string;
  readonly sessionId: string;
  readonly role: MessageRole;
  /** Plain text; empty while the answer is being generated, since the engine has its text so far. */
  readonly text: string;
  readonly position: number;
  readonly status: MessageStatus;
  /** The generation that writes, or wrote, this answer. */
  readonly generationId: string | null;
  readonly modelId: string | null;
  readonly usage: Usage | null;
  /** The pages that an answer draws on; empty while it is being generated. */
  readonly sources: readonly Source[];
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export function toMessage(row: MessageTable): MessageRecord {
  return {
    id: row.id,
    conversationId: row.conversation_id,
    sessionId: row.session_id,
    role: row.role,
    text: row.text,
    position: row.position,
    status: row.status,
    generationId: row.generation_id,
    modelId: row.model_id,
    usage: row.usage === null ? null : (JSON.parse(row.usage) as Usage),
    sources: sourcesIn(row.parts),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** Few messages have sources, and the parts of the others are not worth parsing. */
function sourcesIn(parts: string): readonly Source[] {
  if (!parts.includes('"type":"sources"')) return [];
  return (JSON.parse(parts) as MessagePart[]).flatMap((part) =>
    part.type === 'sources' ? part.sources : [],
  );
}

const fromPosition = statement<{ conversation_id: string; from: number; limit: number }, MessageTable>(
  (db, param) =>
    db
      .selectFrom('message')
      .selectAll()
      .where('conversation_id', '=', param('conversation_id'))
      .where('position', '>=', param('from'))
      .orderBy('position')
      .limit(param('limit')),
);

const countGaps = statement<{ conversation_id: string; through: number }, { gaps: number | string }>(
  (db, param) =>
    db
      .selectFrom('message_gap')
      .select((eb) => eb.fn.countAll<number | string>().as('gaps'))
      .where('conversation_id', '=', param('conversation_id'))
      .where('position', '<=', param('through')),
);

/** The position of the message that `offset` others stand before. Each round skips the gaps found so far. */
async function positionAt(db: Database, conversationId: string, offset: number): Promise<number> {
  let position = offset;
  for (;;) {
    const [row] = await countGaps(db, { conversation_id: conversationId, through: position });
    const next = offset + Number(row?.gaps ?? 0);
    if (next === position) return position;
    position = next;
  }
}

export interface MessagePage {
  readonly messages: readonly MessageRecord[];
  /** The number of messages in the whole conversation. */
  readonly total: number;
}

/**
 * A conversation's messages, oldest first. If none was ever deleted, `offset` is a position; otherwise the gaps before
 * it are counted.
 * @throws AppError not_found
 */
export async function pageMessages(
  db: Database,
  scope: Scope,
  conversationId: string,
  page: { readonly limit: number; readonly offset: number },
): Promise<MessagePage> {
  const conversation = await findConversationRow(db, scope, conversationId);
  if (conversation === undefined) throw notFound('conversation');
  const { id, next_position, deleted_messages } = conversation;
  const total = next_position - deleted_messages;
  if (page.offset >= total) return { messages: [], total };
  let from = page.offset;
  if (deleted_messages > 0) {
    from = await positionAt(db, id, page.offset);
  }
  const rows = await fromPosition(db, { conversation_id: id, from, limit: page.limit });
  return { messages: rows.map(toMessage), total };
}

/**
 * Messages after a position (-1: from the first), oldest first, for whole lists. The caller has checked the scope of
 * the conversation.
 */
export async function pageMessagesAfter(
  db: Database,
  conversation: { readonly id: string },
  afterPosition: number,
  limit: number,
): Promise<MessageRecord[]> {
  const rows = await fromPosition(db, { conversation_id: conversation.id, from: afterPosition + 1, limit });
  return rows.map(toMessage);
}

const newestOfRole = statement<{ conversation_id: string; role: MessageRole }, MessageTable>((db, param) =>
  db
    .selectFrom('message')
    .selectAll()
    .where('conversation_id', '=', param('conversation_id'))
    .where('role', '=', param('role'))
    .orderBy('position', 'desc')
    .limit(sql.lit(1)),
);

/** The newest message of a role in all sessions of a conversation. */
export async function findNewestMessage(
  db: Database,
  scope: Scope,
  conversationId: string,
  role: MessageRole,
): Promise<MessageRecord | undefined> {
  const conversation = await findConversationRow(db, scope, conversationId);
  if (conversation === undefined) return undefined;
  const [row] = await newestOfRole(db, { conversation_id: conversation.id, role });
  return row && toMessage(row);
}
