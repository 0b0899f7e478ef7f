/** Deletes single messages of a conversation; `post-message.ts` adds them. */
import { AppError, notFound } from '../../domain/errors.ts';
import { isShown } from '../../domain/message.ts';
import type { Scope } from '../../domain/scope.ts';
import type { CommandContext } from '../command-context.ts';
import { type MessageRecord, toMessage } from '../queries/messages.ts';
import { isInScope } from '../queries/scope.ts';
import { lockConversation } from './conversations.ts';
import { noteErasure } from './erasure.ts';
import { deleteSummariesCovering } from './summaries.ts';

/**
 * Deletes a message; its children, and the session's head, move to its parent. An answer's generations and their logs
 * are deleted too. The caller cancels running generations of the message first. Returns the message as it was.
 * @throws AppError not_found, conflict (it is being answered again by now)
 */
export async function deleteMessage(
  context: CommandContext,
  args: { readonly scope: Scope; readonly id: string; readonly now: number },
): Promise<MessageRecord> {
  const { db } = context;
  const id = args.id.toLowerCase();
  const read = () => db.selectFrom('message').selectAll().where('id', '=', id).executeTakeFirst();
  const seen = await read();
  if (seen === undefined || !isInScope(seen, args.scope)) throw notFound('message');
  const conversation = await lockConversation(context, args.scope, seen.conversation_id);
  // The message is read again, since the conversation's row was not locked before.
  const message = await read();
  if (message === undefined) throw notFound('message');
  const live = await db
    .selectFrom('generation')
    .select('id')
    .where('conversation_id', '=', message.conversation_id)
    .where('status', 'in', ['queued', 'running'])
    .where((eb) => eb.or([eb('reply_to', '=', id), eb('message_id', '=', id)]))
    .executeTakeFirst();
  if (live !== undefined) {
    throw new AppError('conflict', 'the message is being answered', { generation_id: live.id });
  }
  await db
    .deleteFrom('generation')
    .where('conversation_id', '=', message.conversation_id)
    .where('message_id', '=', id)
    .execute();
  await db.updateTable('message').set({ parent_id: message.parent_id }).where('parent_id', '=', id).execute();
  await db
    .updateTable('session')
    .set({ head_message_id: message.parent_id, updated_at: args.now })
    // Sessions that begin behind a message of another one may end there too.
    .where('conversation_id', '=', message.conversation_id)
    .where('head_message_id', '=', id)
    .execute();
  await deleteSummariesCovering(context, { conversationId: conversation.id, position: message.position });
  await db.deleteFrom('message').where('id', '=', id).execute();
  // What no list shows has its gap already.
  const leavesGap = isShown(message);
  if (leavesGap) {
    await db
      .insertInto('message_gap')
      .values({ conversation_id: conversation.id, position: message.position })
      .execute();
  }
  await db
    .updateTable('conversation')
    .set({ deleted_messages: conversation.deleted_messages + (leavesGap ? 1 : 0), updated_at: args.now })
    .where('id', '=', conversation.id)
    .execute();
  await noteErasure(context, args.now);
  return toMessage(message);
}
