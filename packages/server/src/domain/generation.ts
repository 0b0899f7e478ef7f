/** A generation: the background job that answers one message, and its state machine. */
import type { SerializedError } from './errors.ts';
import type { Usage } from './usage.ts';

export type Dialect = 'chat' | 'conversation' | 'chats';
export const dialects: readonly Dialect[] = ['chat', 'conversation', 'chats'];

/** `queued` and `running` are live; the other four are terminal and never change again. */
export type GenerationStatus = 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';
export type TerminalStatus = Exclude<GenerationStatus, 'queued' | 'running'>;

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'cancelled';

export function isTerminal(status: GenerationStatus): status is TerminalStatus {
  return status !== 'queued' && status !== 'running';
}

/** How a generation ended. `error` is there when it `failed` or was `interrupted`. */
export interface Outcome {
  readonly status: TerminalStatus;
  readonly finish_reason: FinishReason | null;
  readonly usage: Usage;
  readonly error: Pick<SerializedError, 'code' | 'message'> | null;
}
