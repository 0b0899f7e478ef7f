/** The shapes that the client takes and gives. Times are ISO 8601 texts in UTC, ids are UUIDs. */

export type WhenBusy = 'reject' | 'queue' | 'interrupt';
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'cancelled';
export type GenerationStatus = 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';

/** Which persona answers: its alias; with a test key also its number and the draft. */
export interface PersonaSelector {
  readonly alias?: string;
  readonly id?: number;
  readonly version?: 'active' | 'next';
}

export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly totalTokens: number;
  /** Whether the provider has told the figures. */
  readonly provenance: 'reported' | 'estimated' | 'unknown';
}

/** A page that an answer draws on, cited as `[index]`. */
export interface Source {
  readonly index: number;
  readonly title: string;
  readonly url: string;
  readonly snippet: string;
}

export interface ModelName {
  readonly id: string;
  /** null: the model is gone. */
  readonly name: string | null;
  readonly provider: string | null;
}

interface EventBase {
  /** Where a stream can be read on behind this event. */
  readonly id: string;
}
export interface SessionEvent extends EventBase {
  readonly type: 'session';
  readonly sessionId: string;
  readonly conversationId: string;
  readonly generationId: string;
  readonly messageId: string;
  readonly userMessageId: string;
  readonly model: ModelName;
  readonly persona: { readonly id: number; readonly version: number } | null;
  readonly createdAt: string;
}
export interface QueuedEvent extends EventBase {
  readonly type: 'queued';
  /** The place in the session's queue, from 1. */
  readonly position: number;
}
export interface StartedEvent extends EventBase {
  readonly type: 'started';
}
export interface StatusEvent extends EventBase {
  readonly type: 'status';
  readonly status: 'searching' | 'reading' | 'answering';
}
export interface ReasoningEvent extends EventBase {
  readonly type: 'reasoning';
  readonly text: string;
}
export interface SourcesEvent extends EventBase {
  readonly type: 'sources';
  readonly sources: readonly Source[];
  /** Why there are none, or fewer. */
  readonly notice?: string;
}
export interface ToolCallEvent extends EventBase {
  readonly type: 'toolCall';
  readonly callId: string;
  readonly name: string;
}
export interface ToolCallDeltaEvent extends EventBase {
  readonly type: 'toolCallDelta';
  readonly callId: string;
  /** The next piece of the arguments' JSON. */
  readonly text: string;
}
export interface ToolCallEndEvent extends EventBase {
  readonly type: 'toolCallEnd';
  readonly callId: string;
}
export interface TextEvent extends EventBase {
  readonly type: 'text';
  readonly text: string;
}
export interface DoneEvent extends EventBase {
  readonly type: 'done';
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  /** In the currency of the model's prices; null: it has none. */
  readonly cost: number | null;
  /** Milliseconds to the first token, and to the end. */
  readonly ttftMs: number | null;
  readonly durationMs: number | null;
}

/** A union that grows: pass over types that you don't know. */
export type AnswerEvent =
  | SessionEvent
  | QueuedEvent
  | StartedEvent
  | StatusEvent
  | ReasoningEvent
  | SourcesEvent
  | ToolCallEvent
  | ToolCallDeltaEvent
  | ToolCallEndEvent
  | TextEvent
  | DoneEvent;

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON, as the model wrote it. */
  readonly arguments: string;
}

/** A whole answer. Of one that is read on behind an event, texts hold what came behind it. */
export interface AnswerResult {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
  readonly sources: readonly Source[];
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  readonly cost: number | null;
  readonly generationId: string;
  readonly sessionId: string;
  readonly conversationId: string;
  readonly messageId: string;
}

/** A generation: one attempt to answer a message. */
export interface Generation {
  readonly id: string;
  readonly status: GenerationStatus;
  readonly conversationId: string;
  readonly sessionId: string;
  readonly messageId: string;
  readonly model: ModelName;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly firstTokenAt: string | null;
  readonly finishedAt: string | null;
  readonly finishReason: FinishReason | null;
  readonly usage: Usage | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** A conversation of an end user: its session, and what is shown of it in a list. */
export interface Conversation {
  readonly sessionId: string;
  readonly conversationId: string;
  readonly title: string;
  readonly updatedAt: string;
  /** The generation that is answering in it now. */
  readonly running: string | null;
}

export interface Message {
  readonly id: string;
  readonly role: 'user' | 'assistant';
  /** The text; of an answer that is being written, what is there so far. */
  readonly content: string;
  readonly createdAt: string;
  /** The message before it; null: it begins a branch of its own. */
  readonly parentId: string | null;
  /** Of an answer: the message that it answers, and the generation that writes it. */
  readonly replyTo: string | null;
  readonly generationId: string | null;
  /** Whether it lies on the path to the head of its session. */
  readonly isCurrent: boolean;
  readonly modelName: string | null;
  readonly status: GenerationStatus;
  readonly usage: Usage | null;
  readonly cost: number | null;
  readonly finishReason: FinishReason | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly sources: readonly Source[];
  readonly metadata: Readonly<Record<string, string>>;
}

export interface MessagePage {
  /** Oldest first. */
  readonly messages: readonly Message[];
  /** `before` of the next page; null: there is nothing before. */
  readonly next: string | null;
  /** The generation that is answering now: `resume` reads it. */
  readonly running: string | null;
  /** The versions beside a message, in the order of attempts. */
  readonly siblings: Readonly<Record<string, readonly string[]>>;
}
