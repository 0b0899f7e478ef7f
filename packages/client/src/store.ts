export { type Conversation, createConversation } from './store/conversation.ts';
export type * from './store/types.ts';
