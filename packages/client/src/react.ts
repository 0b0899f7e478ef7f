'use client';
export {
  ColloquyProvider,
  type ColloquyProviderProps,
  type UseConversation,
  useColloquy,
  useConversation,
  useConversationStore,
  useConversationValue,
  useMessage,
} from './react/hooks.ts';
export type { Conversation } from './store/conversation.ts';
export type * from './store/types.ts';
