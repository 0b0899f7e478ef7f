/**
 * The events of a generation's log: a closed union. A reader must understand every type; a new one is a new
 * version of the log. `seq` is the place in the list, dense from 1; it is not part of the event.
 */
import type { Outcome } from './generation.ts';
import type { Source } from './request/parts.ts';

export type { Source } from './request/parts.ts';

/** The first event of every generation. `position` 0 starts at once, n is the n-th place in the session's queue. */
export interface QueuedEvent {
  readonly type: 'generation-queued';
  readonly position: number;
  /** Whether the turn began a new session. */
  readonly new_session: boolean;
}
export interface StartedEvent {
  readonly type: 'generation-started';
}

export const partKinds = ['text', 'reasoning', 'tool-call'] as const;
export type PartKind = (typeof partKinds)[number];

export interface PartStartedEvent {
  readonly type: 'part-started';
  readonly kind: PartKind;
  /** Set for tool calls only. */
  readonly id?: string;
  readonly name?: string;
}
/** A piece of the part that was started last. Stored as a bare string, since nearly every event is one. */
export type DeltaEvent = string;
export interface PartFinishedEvent {
  readonly type: 'part-finished';
  /** Set where the part turned out to be of another kind than it was begun as: text that was reasoning. */
  readonly kind?: 'reasoning';
}

/** What an answer with the internet is doing. */
export const researchStatuses = ['searching', 'reading', 'answering'] as const;
export type ResearchStatus = (typeof researchStatuses)[number];

export interface StatusEvent {
  readonly type: 'status';
  readonly status: ResearchStatus;
}
export interface SourcesEvent {
  readonly type: 'sources';
  readonly sources: readonly Source[];
  readonly notice?: string;
}
/** The last event of every generation. */
export interface FinishedEvent extends Outcome {
  readonly type: 'generation-finished';
  /** In the currency of the models' prices; null where no model had prices. Absent in logs of before this was kept. */
  readonly cost?: number | null;
  /** Milliseconds from its start to the first token, and to its end; null where there was none. */
  readonly ttft_ms?: number | null;
  readonly duration_ms?: number | null;
  /** When it ended, in epoch milliseconds. */
  readonly finished_at?: number;
}

export type StructuredEvent =
  | QueuedEvent
  | StartedEvent
  | PartStartedEvent
  | PartFinishedEvent
  | StatusEvent
  | SourcesEvent
  | FinishedEvent;

export type LogEvent = DeltaEvent | StructuredEvent;

/** A run of consecutive events of one generation; the first has `seq` `firstSeq`. */
export interface EventRun {
  readonly firstSeq: number;
  readonly events: readonly LogEvent[];
}

export function isFinalEvent(event: LogEvent | undefined): event is FinishedEvent {
  return typeof event === 'object' && event.type === 'generation-finished';
}

/** What an event costs besides its own characters: it is read apart, and leaves as a frame with an id. */
const charactersOfAnEvent = 100;

/**
 * Splits a run into runs of at most `maxCharacters`, of which each event costs 100 besides its own; an event that is
 * longer alone is a run of its own. The same events always give the same pieces, but for the last one, which a longer run
 * may extend.
 */
export function piecesOf({ firstSeq, events }: EventRun, maxCharacters: number): EventRun[] {
  const pieces: EventRun[] = [];
  let start = 0;
  let characters = 0;
  events.forEach((event, index) => {
    const own = typeof event === 'string' ? event.length : JSON.stringify(event).length;
    const length = own + charactersOfAnEvent;
    if (index > start && characters + length > maxCharacters) {
      pieces.push({ firstSeq: firstSeq + start, events: events.slice(start, index) });
      start = index;
      characters = 0;
    }
    characters += length;
  });
  if (start === 0) return events.length === 0 ? [] : [{ firstSeq, events }];
  pieces.push({ firstSeq: firstSeq + start, events: events.slice(start) });
  return pieces;
}

/** The events of a run from `seq` on; undefined if the run begins behind it, so that events between are missing. */
export function eventsFrom(run: EventRun, seq: number): readonly LogEvent[] | undefined {
  return run.firstSeq > seq ? undefined : run.events.slice(seq - run.firstSeq);
}
