/** Reads sessions. */

import { sql } from 'kysely';
import { fromStoredMetadata } from '../../domain/message.ts';
import type { Scope } from '../../domain/scope.ts';
import type { SessionRecord } from '../../domain/session.ts';
import { statement } from '../statement.ts';
import type { Database, SessionTable } from '../tables.ts';
import { isKept } from './ephemeral.ts';
import { isInScope } from './scope.ts';

const byId = statement<{ id: string }, SessionTable>((db, param) =>
  db.selectFrom('session').selectAll().where('id', '=', param('id')).where(isKept('session.conversation_id')),
);

export function toSession(row: SessionTable): SessionRecord {
  return {
    id: row.id,
    conversationId: row.conversation_id,
    organizationId: row.organization_id,
    environment: row.environment,
    endUserId: row.end_user_id,
    personaId: row.persona_id,
    personaVersion: row.persona_version,
    modelId: row.model_id,
    status: row.status,
    headMessageId: row.head_message_id,
    metadata: fromStoredMetadata(row.metadata),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

const newest = statement<{ conversation_id: string }, SessionTable>((db, param) =>
  db
    .selectFrom('session')
    .selectAll()
    .where('conversation_id', '=', param('conversation_id'))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(sql.lit(1)),
);

/** The newest session of a conversation, open or not. The caller has checked the conversation's scope. */
export async function findNewestSession(
  db: Database,
  conversation: { readonly id: string },
): Promise<SessionRecord | undefined> {
  const [row] = await newest(db, { conversation_id: conversation.id });
  return row && toSession(row);
}

export async function findSession(
  db: Database,
  scope: Scope,
  id: string,
): Promise<SessionRecord | undefined> {
  const [row] = await byId(db, { id: id.toLowerCase() });
  return row !== undefined && isInScope(row, scope) ? toSession(row) : undefined;
}
