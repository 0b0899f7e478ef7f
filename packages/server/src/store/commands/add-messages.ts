/** Adds messages of any role without starting an answer, at the end of a conversation's newest active session. */

import { notFound } from '../../domain/errors.ts';
import type { SubjectLimits } from '../../domain/limits/limits.ts';
import type { Scope } from '../../domain/scope.ts';
import type { CommandContext } from '../command-context.ts';
import { tenantOf } from '../queries/scope.ts';
import { lockConversation } from './conversations.ts';
import { addMessages as addRows, type NewTurnMessage } from './new-turn.ts';
import { openSession, type PostMessage } from './post-message.ts';
import { requireStorage } from './reservations.ts';
import { insertMore, TurnRows } from './turn-rows.ts';
import { insertMessage, moveHead, takePositions } from './turn-statements.ts';

export interface AddMessages {
  readonly scope: Scope;
  readonly conversationId: string;
  /** Oldest first, at least one. */
  readonly messages: readonly NewTurnMessage[];
  readonly newSession: NonNullable<PostMessage['newSession']>;
  /** The key that they came with. */
  readonly apiKeyId: string | null;
  /** Whose limits of what is stored hold for them. Default: nobody's. */
  readonly limits?: readonly SubjectLimits[];
  readonly now: number;
}

/** @throws AppError not_found, payload_too_large (more than a limit lets somebody store) */
export async function addMessages(context: CommandContext, args: AddMessages): Promise<null> {
  const { db } = context;
  const { now, messages, apiKeyId } = args;
  const conversation = await lockConversation(context, args.scope, args.conversationId);
  const { id, organization_id, environment, end_user_id } = conversation;
  const count = messages.length;
  const [taken] = await takePositions(db, { id, count, now, organization_id, environment });
  if (taken === undefined) throw notFound('conversation');
  const owned = { organization_id, environment, end_user_id };
  const session = await openSession(context, args, { conversation_id: id, ...owned });
  const rows = new TurnRows();
  const place = {
    ...{ conversationId: id, sessionId: session.id, parentId: session.head_message_id },
    position: taken.next_position - count,
  };
  const head = addRows(rows, { tenant: tenantOf(conversation), apiKeyId, now }, place, messages);
  for (const row of rows.messages) await insertMessage(db, row);
  if (rows.hasMore) await insertMore(context, rows);
  await requireStorage(context, args.limits ?? [], now);
  await moveHead(db, { id: session.id, head, now });
  return null;
}
