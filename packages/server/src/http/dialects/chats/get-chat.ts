/** Reads a chat, which is a conversation of the store. */
import { notFound } from '../../../domain/errors.ts';
import type { Scope } from '../../../domain/scope.ts';
import { type ConversationRecord, findConversation } from '../../../store/queries/conversations.ts';
import type { Store } from '../../../store/store.ts';

/** @throws AppError not_found */
export async function getChat(reads: Store['reads'], scope: Scope, id: string): Promise<ConversationRecord> {
  const conversation = await findConversation(reads, scope, id);
  if (conversation === undefined) throw notFound('chat');
  return conversation;
}
