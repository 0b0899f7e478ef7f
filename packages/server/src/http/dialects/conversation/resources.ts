/** Conversations and sessions in the conversation dialect's form. */
import type { NamedCreator } from '../../../domain/scope.ts';
import type { SessionRecord } from '../../../domain/session.ts';
import { toTime } from '../../../domain/text/time.ts';
import type { ConversationRecord } from '../../../store/queries/conversations.ts';

export function toConversationResource(record: ConversationRecord, createdBy: NamedCreator | null) {
  return {
    id: record.id,
    title: record.title,
    is_archived: record.isArchived,
    description: record.description,
    metadata: record.metadata,
    created_by: createdBy,
    created_at: toTime(record.createdAt),
    updated_at: toTime(record.updatedAt),
  };
}

export function toSessionResource(record: SessionRecord) {
  return {
    id: record.id,
    conversation_id: record.conversationId,
    model_id: record.modelId,
    persona: personaOf(record),
    head_message_id: record.headMessageId,
    status: record.status,
    metadata: record.metadata,
    created_at: toTime(record.createdAt),
    updated_at: toTime(record.updatedAt),
  };
}

/** The persona's version that a session is on. */
export function personaOf({
  personaId,
  personaVersion,
}: SessionRecord): { readonly id: number; readonly version: number } | null {
  return personaId === null || personaVersion === null ? null : { id: personaId, version: personaVersion };
}
