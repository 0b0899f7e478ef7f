/** What a view reads of a conversation. All of it is immutable: what has not changed is the same object as before. */
import type { ColloquyError } from '../errors.ts';
import type {
  GenerationStatus,
  Message,
  MessagePage,
  PersonaSelector,
  Rating,
  StatusEvent,
  ToolCall,
  WhenBusy,
} from '../types.ts';

/** 'sending': the server has not taken it yet. 'unsent': the server has refused it, or could not be reached. */
export type ChatMessageStatus = GenerationStatus | 'sending' | 'unsent';

export interface ChatMessage extends Omit<Message, 'status'> {
  /** Stays the same when the server has given an own message its id: for lists of elements. */
  readonly key: string;
  readonly status: ChatMessageStatus;
  readonly reasoning: string | null;
  readonly toolCalls: readonly ToolCall[];
  /** Why there are no sources, or fewer. */
  readonly sourcesNotice: string | null;
  /** Of an answer that looks at the web: what it does now. */
  readonly activity: StatusEvent['status'] | null;
  /** Of an answer that was read live: milliseconds to its first token, and to its end. */
  readonly ttftMs: number | null;
  readonly durationMs: number | null;
  /** The versions that there are of it in the order of attempts, itself included; none: it stands alone. */
  readonly siblings: readonly string[];
  /** What was thought of it here. */
  readonly rating: Rating;
}

/** A message that waits until those before it are answered. */
export interface QueuedMessage {
  readonly key: string;
  readonly id: string;
  readonly content: string;
  /** null: the server has not taken it yet. */
  readonly generationId: string | null;
  /** Its place, from 1. */
  readonly position: number;
}

/**
 * 'sending': the server has not taken the message yet. 'queued': what is answered next waits for another answer of the
 * session. 'error': the last thing that was tried has failed, and nothing is under way.
 */
export type ConversationStatus = 'ready' | 'sending' | 'streaming' | 'queued' | 'reconnecting' | 'error';

export interface ConversationSnapshot {
  /** undefined: nothing has been said yet. */
  readonly session: string | undefined;
  /** The branch that is shown, oldest first, without what waits. */
  readonly messages: readonly ChatMessage[];
  /** What waits, in the order in which it is answered. */
  readonly queue: readonly QueuedMessage[];
  readonly status: ConversationStatus;
  /** What failed last; null: nothing, or something has gone well since. */
  readonly error: ColloquyError | null;
  /** The generation that is read now. */
  readonly running: string | null;
  /** The history is being read for the first time, or another branch of it. */
  readonly isLoading: boolean;
  readonly hasEarlier: boolean;
  readonly isLoadingEarlier: boolean;
  /** A part of the branch is shown that ends before the branch does. */
  readonly hasLater: boolean;
  readonly isLoadingLater: boolean;
}

/** Where to go in a conversation: a message by its id, or the first one of a time (ISO 8601) or later. */
export type Place = { readonly message: string } | { readonly at: string };

export interface ConversationOptions {
  /** The session that is shown; absent: one begins with the first message. */
  readonly session?: string | undefined;
  /** What is shown of it first. Default, and where there is no such message: its end. */
  readonly start?: Place | undefined;
  /** Who answers in a session that begins here. */
  readonly persona?: PersonaSelector | undefined;
  /** A model's id in place of a persona, for keys and members. */
  readonly model?: string | undefined;
  /** What `send` does while an answer is under way. Default 'queue'. */
  readonly whenBusy?: WhenBusy | undefined;
  /** Kept with a session that begins here. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Most tokens of an answer. */
  readonly maxTokens?: number | undefined;
  /** Messages of a page of the history, 1–200. Default 50. */
  readonly pageSize?: number | undefined;
  /** How many tries in a row may bring nothing before an answer counts as lost. Default 20, which takes a minute. */
  readonly maxRetries?: number | undefined;
  /** With an API key: whose conversation. */
  readonly userId?: string | undefined;
  /** The history as a server has read it with `conversations.messages`, to be shown at once. */
  readonly initial?: MessagePage | undefined;
  /** Calls `flush` soon, once. Default: before the next frame is painted; without frames, after 16 ms. */
  readonly schedule?: ((flush: () => void) => void) | undefined;
}

export interface EditOptions {
  /** Whether the answer draws on the web. Default: what the persona says; without one, false. */
  readonly internet?: boolean | undefined;
}

export interface SendMessageOptions extends EditOptions {
  readonly whenBusy?: WhenBusy | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}
