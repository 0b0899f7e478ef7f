/** Conversations, sessions and messages in the conversation dialect's form. */
import type { NamedCreator } from '../../../domain/scope.ts';
import type { SessionRecord } from '../../../domain/session.ts';
import { toTime } from '../../../domain/text/time.ts';
import type { GenerationEngine } from '../../../generation/interface.ts';
import { currentText } from '../../../generation/log/current-text.ts';
import type { ConversationRecord } from '../../../store/queries/conversations.ts';
import type { Ending } from '../../../store/queries/generations.ts';
import type { ListedMessage } from '../../../store/queries/messages.ts';
import { type Audience, failureFor } from '../../answer/audience.ts';

export function toConversationResource(record: ConversationRecord, createdBy: NamedCreator | null) {
  return {
    id: record.id,
    title: record.title,
    is_archived: record.isArchived,
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
    status: record.status,
    created_at: toTime(record.createdAt),
    updated_at: toTime(record.updatedAt),
  };
}

/**
 * A message as those of this audience see it; an answer that is still being generated has its committed text. `ending`
 * is that of the answer's generation.
 */
export async function toMessageResource(
  record: ListedMessage,
  ending: Ending | undefined,
  engine: GenerationEngine,
  audience: Audience,
) {
  return {
    id: record.id,
    role: record.role,
    content: await currentText(record, engine),
    created_at: toTime(record.createdAt),
    chat_session_id: record.sessionId,
    model_id: record.modelId,
    status: record.status,
    usage: record.usage,
    generation_id: record.generationId,
    reply_to: ending?.replyTo ?? null,
    finish_reason: ending?.finishReason ?? null,
    error: ending?.error ? failureFor(ending.error, audience) : null,
    sources: record.sources,
  };
}
