/** Reads sessions. */
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

export async function findSession(
  db: Database,
  scope: Scope,
  id: string,
): Promise<SessionRecord | undefined> {
  const [row] = await byId(db, { id: id.toLowerCase() });
  return row !== undefined && isInScope(row, scope) ? toSession(row) : undefined;
}
