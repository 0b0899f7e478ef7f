/** What readers think of answers: one opinion for each message and author. */
import { invalid, notFound } from '../../domain/errors.ts';
import type { Creator, Scope } from '../../domain/scope.ts';
import type { CommandContext } from '../command-context.ts';
import { isInScope } from '../queries/scope.ts';
import { lockConversation } from './conversations.ts';
import { noteErasure } from './erasure.ts';

export interface GiveFeedback {
  readonly scope: Scope;
  readonly messageId: string;
  readonly author: Creator;
  /** 0 takes an earlier one back. */
  readonly rating: -1 | 0 | 1;
  readonly reason: string | null;
  readonly comment: string | null;
  readonly now: number;
}

/** The last one counts. @throws AppError not_found, invalid_request (the message is no answer) */
export async function giveFeedback(context: CommandContext, args: GiveFeedback): Promise<null> {
  const { db } = context;
  const { rating, reason, comment, author, now } = args;
  const id = args.messageId.toLowerCase();
  const read = () =>
    db
      .selectFrom('message')
      .select(['conversation_id', 'role', 'organization_id', 'environment', 'end_user_id'])
      .where('id', '=', id)
      .executeTakeFirst();
  const seen = await read();
  if (seen === undefined || !isInScope(seen, args.scope)) throw notFound('message');
  await lockConversation(context, args.scope, seen.conversation_id);
  // The message may have been deleted before the conversation's row was locked.
  const message = await read();
  if (message === undefined) throw notFound('message');
  if (message.role !== 'assistant') throw invalid('message_id', 'message_id must be an answer');
  const who = { message_id: id, author_kind: author.kind, author_id: author.id ?? '' };
  if (rating === 0) {
    await db
      .deleteFrom('feedback')
      .where('message_id', '=', who.message_id)
      .where('author_kind', '=', who.author_kind)
      .where('author_id', '=', who.author_id)
      .execute();
    await noteErasure(context, now);
    return null;
  }
  const said = { rating, reason, comment, updated_at: now };
  const { conversation_id, organization_id, environment } = message;
  await db
    .insertInto('feedback')
    .values({ ...who, conversation_id, organization_id, environment, ...said, created_at: now })
    .onConflict((conflict) => conflict.columns(['message_id', 'author_kind', 'author_id']).doUpdateSet(said))
    .execute();
  return null;
}
