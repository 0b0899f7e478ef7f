/** The newest messages of a scope, whatever conversation they lie in. */
import { shownRoles } from '../../domain/message.ts';
import type { Scope } from '../../domain/scope.ts';
import type { Database } from '../tables.ts';
import { pageConversations } from './conversations.ts';
import { type ListedMessage, readMessagesById } from './messages.ts';

/** Conversations that are looked at, the newest: no index tells in which of all others something was said since. */
const conversationsLookedAt = 1000;

interface Found {
  readonly id: string;
  readonly createdAt: number;
}

/** Their ids, the newest first: of the newest 1000 conversations. */
export async function newestMessages(db: Database, scope: Scope, count: number): Promise<readonly string[]> {
  const conversations = await pageConversations(db, scope, { limit: conversationsLookedAt });
  let newest: readonly Found[] = [];
  for (const { id, updatedAt } of conversations.toSorted((a, b) => b.updatedAt - a.updatedAt)) {
    const last = newest[count - 1];
    // Nothing in a conversation is newer than its last change.
    if (last !== undefined && last.createdAt >= updatedAt) break;
    const found = await db
      .selectFrom('message')
      .select(['id', 'created_at as createdAt'])
      .where('conversation_id', '=', id)
      .where('role', 'in', [...shownRoles])
      .orderBy('position', 'desc')
      .limit(count)
      .execute();
    newest = [...newest, ...found].toSorted(newerFirst).slice(0, count);
  }
  return newest.map(({ id }) => id);
}

function newerFirst(a: Found, b: Found): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1);
}

/** Messages by their ids, in this order; those that were deleted are left out. The caller has checked the scope. */
export async function readInOrder(db: Database, ids: readonly string[]): Promise<ListedMessage[]> {
  const messages: ListedMessage[] = [];
  for (const id of ids) messages.push(...(await readMessagesById(db, [id])));
  return messages;
}
