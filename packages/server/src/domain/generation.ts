/** A generation: the background job that answers one message, and its state machine. */
import type { SerializedError } from './errors.ts';
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

/** How a generation ended. `error` is there when it `failed` or was `interrupted`. */
export interface Outcome {
  readonly status: TerminalStatus;
  readonly finish_reason: FinishReason | null;
  readonly usage: Usage;
  readonly error: Pick<SerializedError, 'code' | 'message'> | null;
}
