/** The engine as the dialects see it. */

import type { EventRun, LogEvent } from '../domain/event.ts';
import type {
  Dialect,
  FinishReason,
  GenerationParameters,
  GenerationStatus,
  Outcome,
} from '../domain/generation.ts';
import type { MessagePart } from '../domain/message.ts';
import type { RevisionReference } from '../domain/persona.ts';
import type { Creator, Scope } from '../domain/scope.ts';
import type { Usage } from '../domain/usage.ts';
import type { Limiter } from '../limits/limiter.ts';
import type { StoredLimits } from '../limits/stored-limits.ts';
import type { IdempotencyClaim } from '../store/command.ts';
import type { LiveGenerations } from '../store/queries/generations.ts';
import type { ContextReceipt } from './context-receipt.ts';
import type { CountRequest, LateTurnRequest, TurnRequest } from './turn.ts';

/** A turn that is stored and will be answered. */
export interface AcceptedGeneration {
  readonly generationId: string;
  readonly conversationId: string;
  readonly sessionId: string;
  readonly userMessageId: string;
  readonly answerMessageId: string;
  /** False if it attached to a generation that existed: the message's, or an idempotent retry's. */
  readonly isNew: boolean;
}

/** A generation as `GET /api/generations/{id}` shows it; times in epoch milliseconds. */
export interface GenerationView {
  readonly id: string;
  readonly status: GenerationStatus;
  readonly dialect: Dialect;
  readonly conversationId: string;
  readonly sessionId: string;
  readonly replyTo: string;
  readonly messageId: string;
  readonly createdBy: Creator | null;
  readonly model: { readonly id: string; readonly name: string; readonly provider: string };
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly firstTokenAt: number | null;
  readonly finishedAt: number | null;
  readonly finishReason: FinishReason | null;
  readonly usage: Usage | null;
  readonly error: Outcome['error'];
  readonly retries: number;
  readonly cost: number | null;
  /** The model that was asked first; `model` is the one that answers. */
  readonly requestedModelId: string;
  /** What it keeps of its request. */
  readonly parameters: GenerationParameters;
  readonly persona: RevisionReference | null;
}

/** A reader of a log. All calls are synchronous and must not throw. */
export interface LogSink {
  /**
   * The next events, without gap or repeat. Live, all sinks of a generation get the very same object, so work on it
   * can be shared. False: the sink is full; nothing more comes until `resume()`.
   */
  write(run: EventRun): boolean;
  /** Called after the terminal event was written; nothing follows. */
  end(): void;
  /** The log can't be read any more (deleted, or the store failed). */
  fail(error: Error): void;
}

/** An event of a log, and what leads to it. */
export interface LogPlace {
  readonly seq: number;
  readonly event: LogEvent;
  /** What is before it: all events, or all but the deltas. */
  readonly before: readonly LogEvent[];
  /** Whether `before` has the deltas too. */
  readonly isWhole: boolean;
}

export interface LogSubscription {
  /** Continues from where the sink stopped, after `write` returned false. */
  resume(): void;
  close(): void;
}

/** What the journal holds of an owner that no segment holds yet. */
export interface JournalBacklog {
  readonly rows: number;
  readonly bytes: number;
}

/** How busy the engine of this process is. */
export interface EngineReadings {
  /** Generations that run here. */
  readonly running: number;
  /** Readers that follow them live: streams, and calls that wait for their end. */
  readonly viewers: number;
  /** What the journal holds that no segment holds yet. */
  readonly journal: JournalBacklog;
  /** Titles and summaries. */
  readonly backgroundJobs: { readonly running: number; readonly waiting: number };
}

export interface GenerationEngine {
  /** Counts what is limited by the minute, and what is open at once: turns, and what else is taken from it. */
  readonly limiter: Limiter;
  /** Knows what is limited by the day, the month and in all. */
  readonly storedLimits: Pick<StoredLimits, 'states' | 'counted' | 'ofStorage'>;
  /**
   * Stores the turn and starts the answer, which needs no connection to continue; resolves once that is committed.
   * @throws AppError not_found, forbidden, conflict, session_busy, model_unavailable, context_overflow, overloaded,
   *   idempotency_mismatch
   */
  accept(request: TurnRequest | LateTurnRequest, claim?: IdempotencyClaim): Promise<AcceptedGeneration>;
  /**
   * About how many tokens a model would be sent. Nothing is stored, and no model is called.
   * @throws AppError not_found, forbidden, unsupported, model_unavailable
   */
  countInput(request: CountRequest): Promise<number>;
  /** @throws AppError not_found */
  get(scope: Scope, generationId: string): Promise<GenerationView>;
  /** The context that the model was sent for a generation. @throws AppError not_found, model_unavailable */
  contextReceipt(scope: Scope, generationId: string): Promise<ContextReceipt>;
  /** Ends a generation with its text so far; resolves with its terminal state. @throws AppError not_found */
  cancel(scope: Scope, generationId: string): Promise<GenerationView>;
  /** Cancels live generations, wherever they run, before a delete or after a revocation; resolves when they ended. */
  cancelWhere(where: LiveGenerations): Promise<void>;
  /**
   * Call it before a delete: cancels these live generations, and then moves all committed events into segments, so that
   * the journal holds none of what is deleted.
   */
  settleBeforeDelete(all: readonly LiveGenerations[]): Promise<void>;
  /** Sends the events after `afterSeq` (0: all) to the sink, then new ones. The caller has checked the scope. */
  subscribe(generationId: string, afterSeq: number, sink: LogSink): LogSubscription;
  /** The stored and committed events from 1 up to `throughSeq`. */
  readEvents(generationId: string, throughSeq: number): Promise<readonly LogEvent[]>;
  /**
   * A committed event and the events before it, for checking a cursor and priming a codec: all, or all but the deltas,
   * which takes no longer in a long log than in a short one. Undefined if the log ends before.
   */
  readPlace(generationId: string, seq: number, isWhole: boolean): Promise<LogPlace | undefined>;
  /**
   * Resolves with what was said and the outcome once the generation ended. Aborting `signal` ends the wait alone, which
   * then throws the signal's reason.
   */
  answer(
    generationId: string,
    signal?: AbortSignal,
  ): Promise<{
    readonly text: string;
    readonly parts: readonly MessagePart[];
    readonly outcome: Outcome;
  }>;
  /** The text so far of a generation that runs here; undefined if it does not. */
  liveText(generationId: string): string | undefined;
  readings(): EngineReadings;
}
