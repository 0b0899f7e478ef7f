export { Answer, type AnswerOptions, type AnswerStatus } from './answer.ts';
export type { Token, TokenSource } from './auth.ts';
export {
  type AgainOptions,
  Colloquy,
  type ColloquyOptions,
  type ResumeOptions,
  type SendOptions,
  type ToolResultOptions,
} from './client.ts';
export type {
  ConversationList,
  Conversations,
  ListOptions,
  MessagesOptions,
  NewConversation,
  Page,
} from './conversations.ts';
export { ColloquyError, ConnectionError, type ErrorCode, type ErrorDetails } from './errors.ts';
export type { RetryInfo } from './http.ts';
export type { Generations, Me, Messages, Models, Personas, Tokens } from './resources.ts';
export type * from './types.ts';
