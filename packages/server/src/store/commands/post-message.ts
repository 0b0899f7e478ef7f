/** Adds a message without starting an answer, at the end of a conversation's newest active session. */
import { AppError, invalid, notFound } from '../../domain/errors.ts';
import type { SubjectLimits } from '../../domain/limits/limits.ts';
import { type Metadata, toStoredMetadata } from '../../domain/message.ts';
import type { Scope } from '../../domain/scope.ts';
import type { CommandContext } from '../command-context.ts';
import { type MessageRecord, toMessage } from '../queries/messages.ts';
import type { MessageTable } from '../tables.ts';
import { lockConversation } from './conversations.ts';
import { requireStorage } from './reservations.ts';
import { insertMessage, insertSession, moveHead, takePositions } from './turn-statements.ts';

export interface PostMessage {
  readonly scope: Scope;
  readonly conversationId: string;
  readonly messageId: string;
  readonly role: 'user' | 'assistant';
  readonly text: string;
  /** The message that it goes behind, in its session; null: none. Absent: the head of the newest active session. */
  readonly parentId?: string | null;
  readonly metadata?: Metadata | null;
  /** The basis of a new session, used if no session is active. */
  readonly newSession: {
    readonly id: string;
    readonly personaId: number | null;
    readonly personaVersion: number | null;
    readonly modelId: string;
  } | null;
  /** The key that the message came with. */
  readonly apiKeyId: string | null;
  /** Whose limits of what is stored hold for it. Default: nobody's. */
  readonly limits?: readonly SubjectLimits[];
  readonly now: number;
}

/**
 * @throws AppError not_found, conflict (there is no active session, and `newSession` is null), payload_too_large (more
 * than a limit lets somebody store)
 */
export async function postMessage(context: CommandContext, args: PostMessage): Promise<MessageRecord> {
  const { db } = context;
  const { now } = args;
  // The lock keeps two messages that arrive together from starting two sessions.
  const conversation = await lockConversation(context, args.scope, args.conversationId);
  const { id, organization_id, environment, end_user_id } = conversation;
  const owned = { organization_id, environment, end_user_id };
  const [taken] = await takePositions(db, { id, count: 1, now, organization_id, environment });
  if (taken === undefined) throw notFound('conversation');
  const parentId = args.parentId === undefined ? undefined : (args.parentId?.toLowerCase() ?? null);
  const session =
    typeof parentId === 'string'
      ? await sessionOf(context, id, parentId)
      : await openSession(context, args, { conversation_id: id, ...owned });
  const row = {
    id: args.messageId,
    conversation_id: id,
    session_id: session.id,
    ...owned,
    parent_id: parentId === undefined ? session.head_message_id : parentId,
    role: args.role,
    parts: JSON.stringify([{ type: 'text', text: args.text }]),
    text: args.text,
    position: taken.next_position - 1,
    status: 'done',
    generation_id: null,
    api_key_id: args.apiKeyId,
    model_id: null,
    created_at: now,
    metadata: toStoredMetadata(args.metadata),
    client_id: null,
  } as const;
  await insertMessage(db, row);
  await requireStorage(context, args.limits ?? [], now);
  await moveHead(db, { id: session.id, head: args.messageId, now });
  return toMessage({ ...row, usage: null, updated_at: now } as MessageTable);
}

/** The session that a message lies in. @throws AppError invalid_request (it is none of the conversation), conflict */
async function sessionOf({ db }: CommandContext, conversationId: string, messageId: string) {
  const session = await db
    .selectFrom('message')
    .innerJoin('session', 'session.id', 'message.session_id')
    .select(['session.id', 'session.head_message_id', 'session.status'])
    .where('message.id', '=', messageId)
    .where('message.conversation_id', '=', conversationId)
    .executeTakeFirst();
  if (session === undefined) throw invalid('parent_id', 'parent_id must be a message of the chat');
  if (session.status === 'completed') throw new AppError('conflict', 'the session is completed');
  return session;
}

/** Finds the newest active session, or creates one. */
export async function openSession(
  { db }: CommandContext,
  { newSession, now }: Pick<PostMessage, 'newSession' | 'now'>,
  owned: Pick<MessageTable, 'conversation_id' | 'organization_id' | 'environment' | 'end_user_id'>,
): Promise<{ readonly id: string; readonly head_message_id: string | null }> {
  const newest = await db
    .selectFrom('session')
    .select(['id', 'head_message_id'])
    .where('conversation_id', '=', owned.conversation_id)
    .where('status', '=', 'active')
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (newest !== undefined) return newest;
  if (newSession === null) throw new AppError('conflict', 'the session was completed at the same time');
  await insertSession(db, {
    id: newSession.id,
    ...owned,
    persona_id: newSession.personaId,
    persona_version: newSession.personaVersion,
    model_id: newSession.modelId,
    head_message_id: null,
    created_at: now,
    metadata: null,
  });
  return { id: newSession.id, head_message_id: null };
}
