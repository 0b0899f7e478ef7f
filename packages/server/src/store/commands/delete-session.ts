/** Deletes a session with all that was said in it; sessions that were begun behind its messages stay. */
import { sql } from 'kysely';
import { AppError, notFound } from '../../domain/errors.ts';
import { shownRoles } from '../../domain/message.ts';
import type { Scope } from '../../domain/scope.ts';
import type { CommandContext } from '../command-context.ts';
import { isInScope } from '../queries/scope.ts';
import { lockConversation } from './conversations.ts';
import { noteErasure } from './erasure.ts';
import { deleteSummariesCovering } from './summaries.ts';

/**
 * The conversation goes too, if this is its only session. What follows a message of the session in another one follows the
 * message before the session from then on. The caller cancels what runs in it first.
 * @throws AppError not_found, conflict (it is answering again by now)
 */
export async function deleteSession(
  context: CommandContext,
  args: { readonly scope: Scope; readonly id: string; readonly now: number },
): Promise<null> {
  const { db } = context;
  const id = args.id.toLowerCase();
  const seen = await db.selectFrom('session').selectAll().where('id', '=', id).executeTakeFirst();
  if (seen === undefined || !isInScope(seen, args.scope)) throw notFound('session');
  const conversation = await lockConversation(context, args.scope, seen.conversation_id);
  const live = await db
    .selectFrom('generation')
    .select('id')
    .where('session_id', '=', id)
    .where('status', 'in', ['queued', 'running'])
    .executeTakeFirst();
  if (live !== undefined)
    throw new AppError('conflict', 'the session is answering', { generation_id: live.id });
  await noteErasure(context, args.now);
  const other = await db
    .selectFrom('session')
    .select('id')
    .where('conversation_id', '=', conversation.id)
    .where('id', '!=', id)
    .limit(1)
    .executeTakeFirst();
  if (other === undefined) {
    await db.deleteFrom('conversation').where('id', '=', conversation.id).execute();
    return null;
  }
  const first = await db
    .selectFrom('message')
    .select(['parent_id', 'position'])
    .where('session_id', '=', id)
    .orderBy('position')
    .limit(1)
    .executeTakeFirst();
  if (first !== undefined) {
    const ofSession = sql<string>`(select id from message where session_id = ${id})`;
    await db
      .updateTable('message')
      .set({ parent_id: first.parent_id })
      .where('conversation_id', '=', conversation.id)
      .where('session_id', '!=', id)
      .where('parent_id', 'in', ofSession)
      .execute();
    await db
      .updateTable('session')
      .set({ head_message_id: first.parent_id })
      .where('conversation_id', '=', conversation.id)
      .where('id', '!=', id)
      .where('head_message_id', 'in', ofSession)
      .execute();
    await deleteSummariesCovering(context, { conversationId: conversation.id, position: first.position });
  }
  const shown = sql.join([...shownRoles]);
  // What no list shows has its gap already.
  const gaps = await sql`insert into message_gap (conversation_id, position)
    select conversation_id, position from message where session_id = ${id} and role in (${shown})`.execute(
    db,
  );
  await db.deleteFrom('generation').where('session_id', '=', id).execute();
  await db.deleteFrom('message').where('session_id', '=', id).execute();
  await db.deleteFrom('session').where('id', '=', id).execute();
  await db
    .updateTable('conversation')
    .set({
      deleted_messages: conversation.deleted_messages + Number(gaps.numAffectedRows ?? 0),
      updated_at: args.now,
    })
    .where('id', '=', conversation.id)
    .execute();
  return null;
}
