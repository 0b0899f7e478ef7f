/** Reads what messages are made of. */
import { isTerminal } from '../../domain/generation.ts';
import type { MessagePart, MessageRole, MessageStatus } from '../../domain/message.ts';
import type { Usage } from '../../domain/usage.ts';
import type { Database, MessageTable } from '../tables.ts';

export interface MessageParts {
  readonly id: string;
  readonly sessionId: string;
  readonly parentId: string | null;
  readonly role: MessageRole;
  readonly parts: readonly MessagePart[];
  readonly generationId: string | null;
  /** Whether it is being written, or waits for that. */
  readonly isLive: boolean;
}

/** The caller has checked the scope of the message, or of the session that it says it belongs to. */
export async function findMessageParts(db: Database, id: string): Promise<MessageParts | undefined> {
  const row = await db
    .selectFrom('message')
    .select(['id', 'session_id', 'parent_id', 'role', 'parts', 'generation_id', 'status'])
    .where('id', '=', id)
    .executeTakeFirst();
  return row && toParts(row);
}

export type PartsRow = Pick<
  MessageTable,
  'id' | 'session_id' | 'parent_id' | 'role' | 'parts' | 'generation_id' | 'status'
>;

export function toParts(row: PartsRow): MessageParts {
  return {
    id: row.id,
    sessionId: row.session_id,
    parentId: row.parent_id,
    role: row.role,
    parts: JSON.parse(row.parts) as readonly MessagePart[],
    generationId: row.generation_id,
    isLive: !isTerminal(row.status),
  };
}

/** A message with what it is made of, and what its client and its generation say of it. */
export interface StoredMessage extends MessageParts {
  readonly clientId: string | null;
  readonly status: MessageStatus;
  readonly modelId: string | null;
  readonly usage: Usage | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** In the order of the conversation. The caller has checked the scope. */
export async function readStoredMessages(db: Database, ids: readonly string[]): Promise<StoredMessage[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('message')
    .select(['id', 'session_id', 'parent_id', 'role', 'parts', 'generation_id', 'status'])
    .select(['client_id', 'model_id', 'usage', 'created_at'])
    .where('id', 'in', [...ids])
    .orderBy('position')
    .execute();
  return rows.map((row) => ({
    ...toParts(row),
    clientId: row.client_id,
    status: row.status,
    modelId: row.model_id,
    usage: row.usage === null ? null : (JSON.parse(row.usage) as Usage),
    createdAt: row.created_at,
  }));
}
