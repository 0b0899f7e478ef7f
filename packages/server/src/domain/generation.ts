/** A generation: the background job that answers one message, and its state machine. */
import type { SerializedError } from './errors.ts';
import type { SamplingParameters } from './persona.ts';
import type { MessagePart, MessageRole } from './request/parts.ts';
import type { Asked } from './request/tools.ts';
import type { Creator, Environment } from './scope.ts';
import type { Usage } from './usage.ts';

/** The dialects that a generation can be started in; `http/dialects` has a module for each. */
export const dialects = ['chat', 'conversation', 'chats', 'responses', 'completions', 'ui'] as const;
export type Dialect = (typeof dialects)[number];

/** How a generation can be shown: in every dialect, or as its log, in full. */
export const views = [...dialects, 'events'] as const;
export type View = (typeof views)[number];

/** `queued` and `running` are live; the other four are terminal and never change again. */
export const generationStatuses = [
  'queued',
  'running',
  'done',
  'failed',
  'cancelled',
  'interrupted',
] as const;
export type GenerationStatus = (typeof generationStatuses)[number];
export type TerminalStatus = Exclude<GenerationStatus, 'queued' | 'running'>;

/** Why an answer ended. */
export const finishReasons = ['stop', 'length', 'tool_calls', 'content_filter', 'cancelled'] as const;
export type FinishReason = (typeof finishReasons)[number];

/** What a turn does while its session is still answering: it is refused, waits, or interrupts the running answer. */
export const whenBusyChoices = ['reject', 'queue', 'interrupt'] as const;
export type WhenBusy = (typeof whenBusyChoices)[number];

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
  readonly error:
    | (Pick<SerializedError, 'code' | 'message'> & {
        /** The HTTP status of the provider's response, if there was one. */
        readonly provider_status?: number;
      })
    | null;
}

/** What becomes of a history that is too long for its model. */
export const truncations = ['auto', 'disabled'] as const;
export type Truncation = (typeof truncations)[number];

/** What a request asks for beside an answer to its messages; it holds for one generation. */
export interface GenerationOptions extends Asked {
  /** It goes before the persona's. */
  readonly sampling?: Omit<SamplingParameters, 'maxTokens'>;
  /** Instructions that follow the persona's prompt. */
  readonly instructions?: string;
  /** `disabled`: the history is sent whole, or the turn is refused. Default `auto`: it is fitted to the model. */
  readonly truncation?: Truncation;
  /** What the dialect shows again of the request; nobody else reads it. */
  readonly request?: unknown;
  /** The first message of the request's own input. */
  readonly inputFrom?: string;
  /** The id under which a client shows the answer. */
  readonly uiMessageId?: string;
}

/** A message of a prompt that is kept whole with its generation. */
export interface PromptMessage {
  readonly role: MessageRole;
  readonly parts: readonly MessagePart[];
}

/** What a generation keeps of the request that it answers. */
export interface GenerationParameters extends GenerationOptions {
  readonly maxTokens?: number;
  readonly internet?: boolean;
  /** The message whose text the answer begins with. */
  readonly continueFrom?: string;
  /** What is filled into the persona's prompt, by the variable's name. Absent: the prompt is sent as it is. */
  readonly promptValues?: Readonly<Record<string, string>>;
  /** All that the model is sent, where it is no history: of an ephemeral generation. */
  readonly prompt?: readonly PromptMessage[];
  /** The stored message that the prompt follows, with the history before it. Default: none. */
  readonly promptBehind?: string;
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
  /** Null for generations of before this was kept. */
  readonly createdBy: Creator | null;
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
  /** How often calls to providers were made again. */
  readonly retries: number;
  /** Cost of its calls, in the currency of the models' prices; null where no model had prices. */
  readonly cost: number | null;
  /** The model that was asked first; `modelId` is the one that answers. */
  readonly requestedModelId: string;
}

/** The parts of the prompt that a context receipt counts. */
export const contextSections = ['system', 'summary', 'history', 'message', 'sources'] as const;
export type ContextSection = (typeof contextSections)[number];

/** How a message of the history went to the model, as a context receipt tells it. */
export const treatments = ['whole', 'summarised', 'dropped'] as const;
export type Treatment = (typeof treatments)[number];

/** What a context receipt tells. `recorded`: this was sent. `expected`: this would be sent now. */
export const receiptStatuses = ['recorded', 'expected'] as const;
export type ReceiptStatus = (typeof receiptStatuses)[number];
