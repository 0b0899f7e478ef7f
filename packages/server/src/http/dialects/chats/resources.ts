/** The store's conversations and messages in this dialect's form, which calls them chats and conversations. */
import { toTime } from '../../../domain/text/time.ts';
import type { GenerationEngine } from '../../../generation/interface.ts';
import { currentText } from '../../../generation/log/current-text.ts';
import type { ConversationRecord } from '../../../store/queries/conversations.ts';
import type { ListedMessage } from '../../../store/queries/messages.ts';
import type { ChatsRole } from './schema.ts';

export const roleOfName: Readonly<Record<ChatsRole, 'user' | 'assistant'>> = {
  Human: 'user',
  Assistant: 'assistant',
};

export function toChat(conversation: ConversationRecord) {
  return {
    id: conversation.id,
    name: conversation.title,
    created_at: toTime(conversation.createdAt),
    updated_at: toTime(conversation.updatedAt),
  };
}

export function toChatMessage(message: ListedMessage, text = message.text) {
  return {
    id: message.id,
    role: message.role === 'user' ? 'Human' : 'Assistant',
    chat_id: message.conversationId,
    message: text,
    status: message.status,
    generation_id: message.generationId,
    created_at: toTime(message.createdAt),
    updated_at: toTime(message.updatedAt),
  };
}

/** A message as clients see it; an answer that is still being generated has its committed text. */
export async function toCurrentChatMessage(message: ListedMessage, engine: GenerationEngine) {
  return toChatMessage(message, await currentText(message, engine));
}
