/** A generation's row as the engine shows it. */
import type { Usage } from '../domain/usage.ts';
import type { GenerationTable } from '../store/tables.ts';
import type { GenerationView } from './interface.ts';
import type { LiveGeneration } from './log/live-generation.ts';

export function toView(row: GenerationTable, live: LiveGeneration | undefined): GenerationView {
  return {
    id: row.id,
    status: row.status,
    dialect: row.dialect,
    conversationId: row.conversation_id,
    sessionId: row.session_id,
    replyTo: row.reply_to,
    messageId: row.message_id,
    model: { id: row.model_id, name: row.model_name, provider: row.provider },
    createdAt: row.created_at,
    startedAt: row.started_at,
    firstTokenAt: row.first_token_at ?? live?.firstTokenAt ?? null,
    finishedAt: row.finished_at,
    finishReason: row.finish_reason,
    usage: row.usage === null ? null : (JSON.parse(row.usage) as Usage),
    error: row.error === null ? null : (JSON.parse(row.error) as { code: string; message: string }),
  };
}
