/** Published closed lists of sessions, messages and what streams of them say. */
import { messageRoles, shownRoles } from '../../../src/domain/message.ts';
import { sessionStatuses } from '../../../src/domain/session.ts';
import type { PublishedLists } from './published-lists.ts';

export const ofConversations: PublishedLists = {
  'statuses of sessions': {
    values: ['active', 'completed'],
    list: sessionStatuses,
    places: ['ChatSession.status', 'ConversationWithSessions.status', 'OrganizationSession.status'],
  },
  'roles of messages': {
    values: ['system', 'developer', 'user', 'assistant', 'tool'],
    list: messageRoles,
    places: ['ContextReceipt.role'],
  },
  'roles that clients see': {
    values: ['user', 'assistant'],
    list: shownRoles,
    places: ['Message.role', 'TrialMessage.role'],
  },
  'roles of the chats dialect': {
    values: ['Human', 'Assistant'],
    list: null,
    places: ['ChatMessage.role', 'NewChatMessage.role'],
  },
  'events of the chat dialect': {
    values: ['session_created', 'session_continued', 'queued', 'token', 'done', 'error'],
    list: null,
    places: ['ChatEvent.type'],
  },
  'events of the conversation dialect': {
    values: ['start', 'queued', 'content', 'end', 'error'],
    list: null,
    places: ['ConversationEvent.type'],
  },
  'events of the view events': {
    values: [
      ...['session', 'queued', 'started', 'status', 'reasoning', 'text', 'tool_call', 'tool_call_delta'],
      ...['tool_call_end', 'sources', 'done', 'error'],
    ],
    list: null,
    places: ['GenerationEvent.type'],
  },
  'what useChat wants': {
    values: ['submit-message', 'regenerate-message'],
    list: null,
    places: ['UiChat.trigger'],
  },
  'branches of a conversation': { values: ['current'], list: null, places: ['listMessages.branch'] },
  'parts of messages that can be included': {
    values: ['reasoning'],
    list: null,
    places: ['listMessages.include', 'getMessage.include', 'getThread.include', 'getUserThread.include'],
  },
  'codes of what did not arrive whole': {
    values: ['invalid_request'],
    list: null,
    places: ['EarlyError.code'],
  },
};
