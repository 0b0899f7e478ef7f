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

export interface PersonaVersion {
  readonly id: number;
  readonly version: number;
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
  readonly persona: PersonaVersion | null;
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
  readonly error: Failure | null;
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

/** What went wrong with an answer. */
export interface Failure {
  readonly code: string;
  readonly message: string;
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
  /** The model that answered; null: no answer, or for the name, the model is gone. */
  readonly modelId: string | null;
  readonly modelName: string | null;
  readonly persona: PersonaVersion | null;
  /** Of an answer: how far it is, or how it ended. Else 'done'. */
  readonly status: GenerationStatus;
  readonly usage: Usage | null;
  readonly cost: number | null;
  readonly finishReason: FinishReason | null;
  readonly error: Failure | null;
  readonly sources: readonly Source[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Where it was asked for, of an ended answer; null: there is none, or it is not for the reader. */
  readonly reasoning?: string | null;
}

export interface MessagePage {
  /** Oldest first. */
  readonly messages: readonly Message[];
  /** `before` of the next page; null: there is nothing before. */
  readonly next: string | null;
  /** The last message of the thread; null: there is none. */
  readonly leaf: string | null;
  /** Whether the thread goes on behind the last message of the page. */
  readonly hasMoreAfter: boolean;
  /** The generation that is answering now: `resume` reads it. */
  readonly running: string | null;
  /** The versions beside a message, in the order of attempts. */
  readonly siblings: Readonly<Record<string, readonly string[]>>;
}

/** What users are told of the persona that they talk to. */
export interface Persona {
  readonly name: string;
  readonly alias: string;
  /** What they read before they write. */
  readonly greeting: string | null;
  /** What they are offered as a first message. */
  readonly suggestions: readonly string[];
  /** Whether it answers with the web. */
  readonly internet: boolean;
}

/** A model that may be chosen. */
export interface Model {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  /** Its name at the provider. */
  readonly model: string;
  /** Tokens of prompt and answer together; null: not known. */
  readonly contextWindow: number | null;
  readonly isDefault: boolean;
}

export type ContextSection = 'system' | 'summary' | 'history' | 'message' | 'sources';

/** Messages that a context treats alike. */
export interface ContextRange {
  /** null: more than were looked at. */
  readonly count: number | null;
  /** null: not looked at. */
  readonly firstMessageId: string | null;
  readonly lastMessageId: string;
}

/** What a model was sent for an answer. */
export interface GenerationContext {
  readonly generationId: string;
  /** 'expected': this would be sent now. */
  readonly status: 'recorded' | 'expected';
  readonly model: { readonly id: string; readonly name: string; readonly contextWindow: number };
  readonly persona: {
    readonly personaId: number;
    readonly version: number;
    readonly sha256: string;
  } | null;
  /** What the prompt may take, in tokens. */
  readonly budgetTokens: number;
  readonly sections: readonly { readonly section: ContextSection; readonly tokens: number }[];
  /** Oldest first: the newest, and some before them. */
  readonly messages: readonly {
    readonly id: string;
    readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool';
    readonly treatment: 'whole' | 'summarised' | 'dropped';
  }[];
  readonly whole: ContextRange;
  readonly summarised: ContextRange | null;
  readonly dropped: ContextRange | null;
  readonly summary: {
    readonly id: string;
    readonly version: number;
    /** null: it was deleted with a message that it told of. */
    readonly text: string | null;
  } | null;
  readonly tokensProvenance: 'estimated';
}

export type Rating = -1 | 0 | 1;

/** What a reader thinks of an answer; the last opinion counts. */
export interface Feedback {
  readonly messageId: string;
  readonly rating: Rating;
  readonly reason: string | null;
  readonly comment: string | null;
}

export interface FeedbackOptions {
  /** Why, in a word or two: 255 characters at most. */
  readonly reason?: string | undefined;
  /** Why, at length: 2,000 characters at most. */
  readonly comment?: string | undefined;
}

/** What a tool that an answer has called gave. */
export interface ToolResult {
  readonly callId: string;
  /** A text, such as JSON; it may be empty. */
  readonly output: string;
}
