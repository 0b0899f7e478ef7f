/** Reads what messages are made of. */
import { isTerminal } from '../../domain/generation.ts';
import type { MessagePart, MessageRole } from '../../domain/message.ts';
import type { Database } from '../tables.ts';

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
  return (
    row && {
      id: row.id,
      sessionId: row.session_id,
      parentId: row.parent_id,
      role: row.role,
      parts: JSON.parse(row.parts) as readonly MessagePart[],
      generationId: row.generation_id,
      isLive: !isTerminal(row.status),
    }
  );
}
