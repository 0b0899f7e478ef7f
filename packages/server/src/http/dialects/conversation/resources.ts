/** Conversations, sessions and messages in the conversation dialect's form. */
import type { SessionRecord } from '../../../domain/session.ts';
import { toTime } from '../../../domain/text/time.ts';
import type { GenerationEngine } from '../../../generation/interface.ts';
import { currentText } from '../../../generation/log/current-text.ts';
import type { ConversationRecord } from '../../../store/queries/conversations.ts';
import type { MessageRecord } from '../../../store/queries/messages.ts';

export function toConversationResource(record: ConversationRecord) {
  return {
    id: record.id,
    title: record.title,
    is_archived: record.isArchived,
    created_at: toTime(record.createdAt),
    updated_at: toTime(record.updatedAt),
  };
}

export function toSessionResource(record: SessionRecord) {
  return {
    id: record.id,
    conversation_id: record.conversationId,
    model_id: record.modelId,
    status: record.status,
    created_at: toTime(record.createdAt),
    updated_at: toTime(record.updatedAt),
  };
}

/** A message as clients see it; an answer that is still being generated has its committed text. */
export async function toMessageResource(record: MessageRecord, engine: GenerationEngine) {
  return {
    id: record.id,
    role: record.role,
    content: await currentText(record, engine),
    created_at: toTime(record.createdAt),
    chat_session_id: record.sessionId,
    model_id: record.modelId,
    status: record.status,
    usage: record.usage,
  };
}
