/** The end of ephemeral conversations. */
import type { CommandContext } from '../command-context.ts';
import { findExpiredEphemeral } from '../queries/ephemeral.ts';
import { eraseSome } from './erase-conversations.ts';

/** Sets when an ephemeral conversation is erased, since its generation has ended. Does nothing to others. */
export async function expireEphemeral(
  { db }: CommandContext,
  args: { readonly conversationId: string; readonly at: number },
): Promise<null> {
  await db
    .updateTable('conversation')
    .set({ expires_at: args.at })
    .where('id', '=', args.conversationId)
    .where('expires_at', 'is not', null)
    .execute();
  return null;
}

/** Erases some ephemeral conversations whose time has come. Call it until `isDone`. */
export async function eraseEphemeral(
  context: CommandContext,
  args: { readonly now: number; readonly limit: number },
): Promise<{ readonly isDone: boolean }> {
  const due = await findExpiredEphemeral(context.db, args.now, args.limit);
  if (due.length > 0) await eraseSome(context, due, args.now);
  return { isDone: due.length === 0 };
}
