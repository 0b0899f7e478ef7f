/**
 * The shown events of a generation. The log's events are folded into them here, once for all dialects; a codec only
 * writes their frames.
 */
import type { FinishedEvent, LogEvent, PartStartedEvent, Source, StatusEvent } from '../../domain/event.ts';
import type { FinishReason, Outcome } from '../../domain/generation.ts';
import type { Usage } from '../../domain/usage.ts';
import { type Audience, type Failure, failureFor } from '../answer/audience.ts';

/** A piece of the answer's text, never empty. It is a bare string, since nearly every event is one. */
export type TextPiece = string;

type PartKind = PartStartedEvent['kind'];

/** Everything else that is shown, in the order in which a generation shows it. The union is closed. */
export type ShownStep =
  /** The first event of every generation; `waits`: it is queued behind others. */
  | { readonly type: 'start'; readonly newSession: boolean; readonly waits: boolean }
  /** The generation waits for others of its session; `position` counts from 1. */
  | { readonly type: 'queued'; readonly position: number }
  /** The model, or the research before it, is at work. */
  | { readonly type: 'started' }
  | { readonly type: 'status'; readonly status: StatusEvent['status'] }
  | { readonly type: 'sources'; readonly sources: readonly Source[]; readonly notice?: string }
  /** A part of the answer begins. Only tool calls have `id` and `name`. */
  | { readonly type: 'part-started'; readonly kind: PartKind; readonly id?: string; readonly name?: string }
  /** A piece of a part that is not the answer's text; a tool call's pieces are its arguments, as JSON. */
  | { readonly type: 'piece'; readonly kind: Exclude<PartKind, 'text'>; readonly text: string }
  | { readonly type: 'part-finished'; readonly kind: PartKind }
  /** The last event of an answer that is done or was cancelled. `sources` were shown before. */
  | {
      readonly type: 'end';
      readonly finishReason: FinishReason;
      readonly usage: Usage;
      readonly sources: readonly Source[] | undefined;
      readonly figures: Figures;
    }
  /** The last event of an answer that failed or was interrupted. */
  | ({ readonly type: 'error' } & Failure);

/** What an answer came to; null: there was none, or it is not known. */
export interface Figures {
  /** In the currency of the models' prices. */
  readonly cost: number | null;
  /** Milliseconds from its start to the first token, and to its end. */
  readonly firstTokenMs: number | null;
  readonly durationMs: number | null;
  /** Epoch milliseconds. */
  readonly finishedAt: number | null;
}

export type ShownEvent = TextPiece | ShownStep;

/** The state that the previous events of a log leave for the next one. Folds are immutable and shared by readers. */
export interface Fold {
  /** The kind of the part that is being written, if there is one. */
  readonly part: PartKind | undefined;
  readonly sources: readonly Source[] | undefined;
  /** Who reads it. */
  readonly audience: Audience;
}

/** The fold before the first event. */
export function emptyFold(audience: Audience = 'insiders'): Fold {
  return emptyFolds[audience];
}

const emptyFolds: Readonly<Record<Audience, Fold>> = {
  insiders: { part: undefined, sources: undefined, audience: 'insiders' },
  public: { part: undefined, sources: undefined, audience: 'public' },
};

/** The fold after an event. Pieces of text don't change it, so that a token costs no allocation. */
export function foldAfter(fold: Fold, event: LogEvent): Fold {
  if (typeof event === 'string') return fold;
  switch (event.type) {
    case 'part-started':
      return { ...fold, part: event.kind };
    case 'part-finished':
      return { ...fold, part: undefined };
    case 'sources':
      return { ...fold, sources: event.sources };
    case 'generation-queued':
    case 'generation-started':
    case 'status':
    case 'generation-finished':
      return fold;
  }
}

/** What an event after those of `fold` shows: a piece of the answer's text, or any number of steps. */
export function shownIn(fold: Fold, event: LogEvent): TextPiece | readonly ShownStep[] {
  if (typeof event === 'string') {
    if (event === '' || fold.part === undefined) return nothing;
    return fold.part === 'text' ? event : [{ type: 'piece', kind: fold.part, text: event }];
  }
  switch (event.type) {
    case 'generation-queued': {
      const waits = event.position !== 0;
      const start = { type: 'start', newSession: event.new_session, waits } as const;
      return !waits ? [start] : [start, { type: 'queued', position: event.position }];
    }
    case 'generation-started':
      return [{ type: 'started' }];
    case 'part-finished':
      return fold.part === undefined ? nothing : [{ type: 'part-finished', kind: fold.part }];
    case 'generation-finished':
      return [lastStep(fold, event)];
    case 'part-started':
    case 'status':
    case 'sources':
      return [event];
  }
}

const nothing: readonly ShownStep[] = Object.freeze([]);

function lastStep(fold: Fold, outcome: FinishedEvent): ShownStep {
  const failure = failureOf(outcome, fold.audience);
  if (failure !== undefined) return { type: 'error', ...failure };
  const { finish_reason: finishReason, usage, cost = null, ttft_ms = null, duration_ms = null } = outcome;
  const { finished_at: finishedAt = null } = outcome;
  const figures = { cost, firstTokenMs: ttft_ms, durationMs: duration_ms, finishedAt };
  return { type: 'end', finishReason: finishReason ?? 'stop', usage, sources: fold.sources, figures };
}

/** The reason why an answer failed, for those who read it; undefined if it is done or was cancelled. */
export function failureOf(
  { status, error }: Pick<Outcome, 'status' | 'error'>,
  audience: Audience,
): Failure | undefined {
  if (status !== 'failed' && status !== 'interrupted') return undefined;
  const { provider_status, ...failure } = error ?? { code: 'internal', message: 'the answer failed' };
  const details = provider_status === undefined ? {} : { details: { provider_status } };
  return failureFor({ ...failure, ...details }, audience);
}
