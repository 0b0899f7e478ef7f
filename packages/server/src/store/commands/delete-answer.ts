/** Deletes an answer with what was said only for it. */
import type { Scope } from '../../domain/scope.ts';
import type { CommandContext } from '../command-context.ts';
import { deleteConversation } from './conversations.ts';
import { deleteMessage } from './messages.ts';

export interface DeleteAnswer {
  readonly scope: Scope;
  /** The answer. */
  readonly id: string;
  /** The messages of its request, oldest first. */
  readonly input: readonly string[];
  readonly now: number;
}

/**
 * Deletes the answer, then of its input, from the newest on, what no other message follows, then a conversation that is
 * left empty. @throws AppError not_found
 */
export async function deleteAnswer(context: CommandContext, args: DeleteAnswer): Promise<null> {
  const { scope, id, input, now } = args;
  const { conversationId } = await deleteMessage(context, { scope, id, now });
  const { db } = context;
  const isFollowed = async (message: string): Promise<boolean> =>
    (await db
      .selectFrom('message')
      .select('id')
      .where('parent_id', '=', message)
      .limit(1)
      .executeTakeFirst()) !== undefined;
  for (const message of input.toReversed()) {
    if (await isFollowed(message)) return null;
    await deleteMessage(context, { scope, id: message, now });
  }
  const left = await db
    .selectFrom('message')
    .select('id')
    .where('conversation_id', '=', conversationId)
    .limit(1)
    .executeTakeFirst();
  if (left === undefined) await deleteConversation(context, { scope, id: conversationId, now });
  return null;
}
