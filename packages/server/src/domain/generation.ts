/** A generation: the background job that answers one message, and its state machine. */
import type { SerializedError } from './errors.ts';
import type { Environment } from './scope.ts';
import type { Usage } from './usage.ts';

/** The dialects that a generation can be started in; `http/dialects` has a module for each. */
export const dialects = ['chat', 'conversation', 'chats'] as const;
export type Dialect = (typeof dialects)[number];

/** `queued` and `running` are live; the other four are terminal and never change again. */
export type GenerationStatus = 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';
export type TerminalStatus = Exclude<GenerationStatus, 'queued' | 'running'>;

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'cancelled';

export function isTerminal(status: GenerationStatus): status is TerminalStatus {
  return status !== 'queued' && status !== 'running';
}

/**
 * How a generation ended. It is stored in the log's last event and goes to clients as it is: its fields keep the
 * names of the wire. `error` is there when it `failed` or was `interrupted`. */
export interface Outcome {
  readonly status: TerminalStatus;
  readonly finish_reason: FinishReason | null;
  readonly usage: Usage;
  readonly error: Pick<SerializedError, 'code' | 'message'> | null;
}

/** What a generation keeps of the request that it answers. */
export interface GenerationParameters {
  readonly maxTokens?: number;
  readonly internet?: boolean;
  /** The message whose text the answer begins with. */
  readonly continueFrom?: string;
}

export interface GenerationRecord {
  readonly id: string;
  readonly organizationId: string;
  readonly environment: Environment;
  readonly endUserId: string | null;
  readonly conversationId: string;
  readonly sessionId: string;
  /** The user's message that it answers. */
  readonly replyTo: string;
  /** Counts the answers to that message from 1. */
  readonly attempt: number;
  /** The answer. */
  readonly messageId: string;
  readonly modelId: string;
  readonly modelName: string;
  readonly provider: string;
  readonly personaId: number | null;
  readonly personaVersion: number | null;
  readonly apiKeyId: string | null;
  readonly dialect: Dialect;
  readonly status: GenerationStatus;
  /** The process incarnation that runs it; null while it is queued. */
  readonly owner: number | null;
  readonly parameters: GenerationParameters;
  /** Epoch milliseconds. */
  readonly cancelRequestedAt: number | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly firstTokenAt: number | null;
  readonly finishedAt: number | null;
  readonly finishReason: FinishReason | null;
  readonly usage: Usage | null;
  readonly error: Outcome['error'];
}
