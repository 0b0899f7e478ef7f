/** Creates, changes and deletes conversations and their sessions. Every command checks the scope itself. */
import { notFound } from '../../domain/errors.ts';
import { type Metadata, toStoredMetadata } from '../../domain/message.ts';
import type { Creator, Scope } from '../../domain/scope.ts';
import type { SessionRecord } from '../../domain/session.ts';
import type { ModelCall } from '../../domain/usage.ts';
import { type CommandContext, forUpdate } from '../command-context.ts';
import { type ConversationRecord, toConversation } from '../queries/conversations.ts';
import { creatorColumns } from '../queries/creators.ts';
import { isInScope } from '../queries/scope.ts';
import { toSession } from '../queries/sessions.ts';
import { searchStates } from '../search/pending.ts';
import type { ConversationRow, ConversationTable, CreatorColumns, SessionTable } from '../tables.ts';
import { noteErasure } from './erasure.ts';
import { insertModelCall } from './model-calls.ts';
import { insertSession } from './turn-statements.ts';

export interface CreateConversation {
  readonly scope: Scope;
  /** Id of the new conversation. */
  readonly id: string;
  readonly title: string;
  /** Whether nobody has chosen the title, so that a generated one may replace it. Default false. */
  readonly isUntitled?: boolean;
  readonly isArchived: boolean;
  readonly description?: string | null;
  readonly metadata?: Metadata | null;
  /** Default: nobody that is known. */
  readonly createdBy?: Creator;
  readonly now: number;
}

export async function createConversation(
  context: CommandContext,
  args: CreateConversation,
): Promise<ConversationRecord> {
  const row: ConversationTable & CreatorColumns = {
    id: args.id,
    organization_id: args.scope.organizationId,
    environment: args.scope.environment,
    end_user_id: args.scope.endUserId ?? null,
    title: args.title,
    title_source: args.isUntitled === true ? 'automatic' : 'user',
    is_archived: args.isArchived ? 1 : 0,
    next_position: 0,
    ...creatorColumns(args.createdBy),
    created_at: args.now,
    updated_at: args.now,
    description: args.description ?? null,
    metadata: toStoredMetadata(args.metadata),
  };
  await context.db.insertInto('conversation').values(row).execute();
  return toConversation(row);
}

export interface UpdateConversation {
  readonly scope: Scope;
  readonly id: string;
  readonly changes: {
    readonly title?: string;
    readonly isArchived?: boolean;
    readonly description?: string | null;
    /** Replaces all pairs. */
    readonly metadata?: Metadata | null;
    /** Epoch milliseconds; absent: now. */
    readonly updatedAt?: number;
  };
  readonly now: number;
}

/** Changes a conversation. A title set here is the user's: no generated one replaces it. @throws AppError not_found */
export async function updateConversation(
  context: CommandContext,
  args: UpdateConversation,
): Promise<ConversationRecord> {
  const { changes } = args;
  const before = await lockConversation(context, args.scope, args.id);
  const { title, isArchived, description, metadata, updatedAt = args.now } = changes;
  const after = await context.db
    .updateTable('conversation')
    .set({
      ...(title !== undefined && { title, title_source: 'user', search_state: searchStates.changed }),
      ...(isArchived !== undefined && { is_archived: isArchived ? 1 : 0 }),
      ...(description !== undefined && { description }),
      ...(metadata !== undefined && { metadata: toStoredMetadata(metadata) }),
      updated_at: updatedAt,
    })
    .where('id', '=', before.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  return toConversation(after);
}

export interface SetGeneratedTitle {
  readonly id: string;
  /** Null if the model gave no usable title: the try is counted. */
  readonly title: string | null;
  readonly modelCalls: readonly ModelCall[];
}

/** Replaces an automatic title, and accounts for the calls. `isSet` is false if the title was changed meanwhile. */
export async function setGeneratedTitle(
  context: CommandContext,
  { id, title, modelCalls }: SetGeneratedTitle,
): Promise<{ readonly isSet: boolean }> {
  const { db } = context;
  for (const call of modelCalls) await insertModelCall(db, call);
  if (title === null) {
    await db
      .updateTable('conversation')
      .set((eb) => ({ title_tries: eb('title_tries', '+', 1) }))
      .where('id', '=', id)
      .execute();
    return { isSet: false };
  }
  const updated = await db
    .updateTable('conversation')
    .set({ title, title_source: 'generated', search_state: searchStates.changed })
    .where('id', '=', id)
    .where('title_source', '=', 'automatic')
    .returning('id')
    .execute();
  return { isSet: updated.length > 0 };
}

/**
 * Deletes a conversation with its sessions, messages, generations, logs and search entries; returns it as it was. The
 * caller cancels its generations first; a generation that started since then ends without storing anything.
 * @throws AppError not_found
 */
export async function deleteConversation(
  context: CommandContext,
  args: { readonly scope: Scope; readonly id: string; readonly now: number },
): Promise<ConversationRecord> {
  const before = await lockConversation(context, args.scope, args.id);
  await context.db.deleteFrom('conversation').where('id', '=', before.id).execute();
  await noteErasure(context, args.now);
  return toConversation(before);
}

export interface CreateSession {
  readonly scope: Scope;
  /** Id of the new session. */
  readonly id: string;
  readonly conversationId: string;
  /** The model to answer with: that of the persona's revision, if the session has a persona. */
  readonly modelId: string;
  readonly persona: { readonly personaId: number; readonly version: number } | null;
  readonly metadata?: Metadata | null;
  readonly now: number;
}

/** @throws AppError not_found (the conversation, or no active model) */
export async function createSession(context: CommandContext, args: CreateSession): Promise<SessionRecord> {
  const conversation = await lockConversation(context, args.scope, args.conversationId);
  const model = await context.db
    .selectFrom('model')
    .select('id')
    .where('id', '=', args.modelId.toLowerCase())
    .where('organization_id', '=', args.scope.organizationId)
    .where('is_active', '=', 1)
    .executeTakeFirst();
  if (model === undefined) throw notFound('model');
  await context.db
    .updateTable('conversation')
    .set({ updated_at: args.now })
    .where('id', '=', conversation.id)
    .execute();
  const row: SessionTable = {
    id: args.id,
    conversation_id: conversation.id,
    // A session has the same owner as its conversation, whoever created it.
    organization_id: conversation.organization_id,
    environment: conversation.environment,
    end_user_id: conversation.end_user_id,
    persona_id: args.persona?.personaId ?? null,
    persona_version: args.persona?.version ?? null,
    model_id: model.id,
    status: 'active',
    head_message_id: null,
    created_at: args.now,
    updated_at: args.now,
    metadata: toStoredMetadata(args.metadata),
  };
  await insertSession(context.db, row);
  return toSession(row);
}

/** Closes a session to new messages; running generations continue. Idempotent. @throws AppError not_found */
export async function completeSession(
  context: CommandContext,
  args: { readonly scope: Scope; readonly id: string; readonly now: number },
): Promise<SessionRecord> {
  const query = context.db.selectFrom('session').selectAll().where('id', '=', args.id.toLowerCase());
  const session = await forUpdate(context, query).executeTakeFirst();
  if (session === undefined || !isInScope(session, args.scope)) throw notFound('session');
  if (session.status === 'completed') return toSession(session);
  await context.db
    .updateTable('session')
    .set({ status: 'completed', updated_at: args.now })
    .where('id', '=', session.id)
    .execute();
  return toSession({ ...session, status: 'completed', updated_at: args.now });
}

/** Locks a conversation's row; every write into a conversation takes this lock first. @throws AppError not_found */
export async function lockConversation(
  context: CommandContext,
  scope: Scope,
  id: string,
): Promise<ConversationRow> {
  const query = context.db.selectFrom('conversation').selectAll().where('id', '=', id.toLowerCase());
  const row = await forUpdate(context, query).executeTakeFirst();
  const isThere = row !== undefined && row.expires_at === null && isInScope(row, scope);
  if (!isThere) throw notFound('conversation');
  return row;
}
