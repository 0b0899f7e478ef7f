/** Finds conversations and messages by the ids that their clients have given them, and steps of answers with tools. */
import { isUuid } from '../../domain/ids.ts';
import type { MessageRole } from '../../domain/message.ts';
import type { Scope } from '../../domain/scope.ts';
import type { Database } from '../tables.ts';
import { type ConversationRecord, findConversation, toConversation } from './conversations.ts';
import { isInScope } from './scope.ts';

/** The conversation that was begun under the id, else the one whose own id it is. */
export async function findConversationOfClient(
  db: Database,
  scope: Scope,
  id: string,
): Promise<ConversationRecord | undefined> {
  const { organizationId, environment, endUserId } = scope;
  const begun = await db
    .selectFrom('conversation')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('environment', '=', environment)
    .where('client_id', '=', id)
    .where('end_user_id', endUserId === undefined ? 'is' : '=', endUserId ?? null)
    .where('expires_at', 'is', null)
    .executeTakeFirst();
  if (begun !== undefined && isInScope(begun, scope)) return toConversation(begun);
  return isUuid(id) ? await findConversation(db, scope, id) : undefined;
}

/** A message as a place in its conversation. */
export interface MessagePlaced {
  readonly id: string;
  readonly sessionId: string;
  readonly parentId: string | null;
  readonly role: MessageRole;
}

const placed = ['id', 'session_id as sessionId', 'parent_id as parentId', 'role'] as const;

/** The newest message that was sent under the id, else the one whose own id it is. The caller has checked the scope. */
export async function findMessageOfClient(
  db: Database,
  conversation: { readonly id: string },
  id: string,
): Promise<MessagePlaced | undefined> {
  const messages = db.selectFrom('message').select(placed).where('conversation_id', '=', conversation.id);
  const sent = await messages
    .where('client_id', '=', id)
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (sent !== undefined || !isUuid(id)) return sent;
  return await messages.where('id', '=', id.toLowerCase()).executeTakeFirst();
}

/** The newest answer of the same turn: what stands behind an answer, with nothing but results of tools between. */
export async function lastStepOf(db: Database, answer: MessagePlaced): Promise<MessagePlaced> {
  const newestBehind = (parentId: string, role: MessageRole) =>
    db
      .selectFrom('message')
      .select(placed)
      .where('parent_id', '=', parentId)
      .where('role', '=', role)
      .orderBy('position', 'desc')
      .limit(1)
      .executeTakeFirst();
  for (let step = answer; ; ) {
    const results = await newestBehind(step.id, 'tool');
    const next = results && (await newestBehind(results.id, 'assistant'));
    if (next === undefined) return step;
    step = next;
  }
}
