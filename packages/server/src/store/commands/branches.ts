/** Goes back to a branch of a session, and begins a session behind a message of another one. */
import { AppError, invalid, notFound } from '../../domain/errors.ts';
import { type Metadata, toStoredMetadata } from '../../domain/message.ts';
import type { RevisionReference } from '../../domain/persona.ts';
import type { Scope } from '../../domain/scope.ts';
import type { SessionRecord } from '../../domain/session.ts';
import type { CommandContext } from '../command-context.ts';
import { isInScope } from '../queries/scope.ts';
import { toSession } from '../queries/sessions.ts';
import type { Database, SessionTable } from '../tables.ts';
import { lockConversation } from './conversations.ts';
import { insertSession } from './turn-statements.ts';

export interface MoveSessionHead {
  readonly scope: Scope;
  readonly sessionId: string;
  readonly messageId: string;
  readonly now: number;
}

/**
 * The next turn goes behind this message.
 * @throws AppError not_found, invalid_request (no message of the session), conflict (the session is completed)
 */
export async function moveSessionHead(
  context: CommandContext,
  args: MoveSessionHead,
): Promise<SessionRecord> {
  const session = await lockOwnSession(context, args.scope, args.sessionId);
  if (session.status === 'completed') throw new AppError('conflict', 'the session is completed');
  const head = args.messageId.toLowerCase();
  await requireMessage(context.db, session, head, 'head_message_id');
  const moved = { head_message_id: head, updated_at: args.now };
  await context.db.updateTable('session').set(moved).where('id', '=', session.id).execute();
  return toSession({ ...session, ...moved });
}

export interface ForkSession {
  readonly scope: Scope;
  /** Id of the new session. */
  readonly id: string;
  readonly sessionId: string;
  /** The message that the new session's history ends with. */
  readonly messageId: string;
  /** What the new session runs on; absent: the same as the earlier one. */
  readonly basis?: { readonly modelId: string; readonly persona: RevisionReference | null };
  readonly metadata?: Metadata | null;
  readonly now: number;
}

/**
 * Begins a session whose history is that of another one up to a message.
 * @throws AppError not_found (the session, or no such active model), invalid_request (no message of the session)
 */
export async function forkSession(context: CommandContext, args: ForkSession): Promise<SessionRecord> {
  const { db } = context;
  const session = await lockOwnSession(context, args.scope, args.sessionId);
  const messageId = args.messageId.toLowerCase();
  await requireMessage(db, session, messageId, 'message_id');
  const { basis } = args;
  if (basis !== undefined) {
    const model = await db
      .selectFrom('model')
      .select('id')
      .where('id', '=', basis.modelId)
      .where('organization_id', '=', args.scope.organizationId)
      .where('is_active', '=', 1)
      .executeTakeFirst();
    if (model === undefined) throw notFound('model');
  }
  const runsOn =
    basis === undefined
      ? {
          persona_id: session.persona_id,
          persona_version: session.persona_version,
          model_id: session.model_id,
        }
      : {
          persona_id: basis.persona?.personaId ?? null,
          persona_version: basis.persona?.version ?? null,
          model_id: basis.modelId,
        };
  await db
    .updateTable('conversation')
    .set({ updated_at: args.now })
    .where('id', '=', session.conversation_id)
    .execute();
  const row: SessionTable = {
    ...session,
    ...runsOn,
    id: args.id,
    status: 'active',
    head_message_id: messageId,
    created_at: args.now,
    updated_at: args.now,
    metadata: toStoredMetadata(args.metadata),
  };
  await insertSession(db, row);
  return toSession(row);
}

/** Locks the conversation of a session, and reads the session. @throws AppError not_found */
async function lockOwnSession(context: CommandContext, scope: Scope, id: string): Promise<SessionTable> {
  const read = () =>
    context.db.selectFrom('session').selectAll().where('id', '=', id.toLowerCase()).executeTakeFirst();
  const seen = await read();
  if (seen === undefined || !isInScope(seen, scope)) throw notFound('session');
  await lockConversation(context, scope, seen.conversation_id);
  const session = await read();
  if (session === undefined) throw notFound('session');
  return session;
}

/**
 * Checks that a message belongs to a session: it lies in it, or its first messages hang on it, where the session was begun
 * behind a message of another one.
 * @throws AppError invalid_request
 */
export async function requireMessage(
  db: Database,
  session: Pick<SessionTable, 'id' | 'head_message_id'>,
  messageId: string,
  field: string,
): Promise<void> {
  if (messageId === session.head_message_id) return;
  const own = await db
    .selectFrom('message')
    .select('id')
    .where('session_id', '=', session.id)
    .where((eb) => eb.or([eb('id', '=', messageId), eb('parent_id', '=', messageId)]))
    .limit(1)
    .executeTakeFirst();
  if (own === undefined) throw invalid(field, `${field} must be a message of the session`);
}
