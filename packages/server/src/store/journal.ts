/**
 * How a log is stored, first in the journal, then in segments.
 *
 * The journal is the write-ahead log: one packed row per commit, the events of all generations of an owner together. A row's
 * payload is JSON, `[[generation id, first seq, [event, …]], …]`; a bare string is a delta.
 *
 * A segment is a row of consecutive events of one generation. It is small, so that a reader far behind costs little
 * memory however fast the model was, and whoever stops reading in its middle has not read much in vain.
 */
import { type EventRun, type LogEvent, piecesOf } from '../domain/event.ts';

export interface GenerationEvents extends EventRun {
  readonly generationId: string;
}

type PackedRow = [generationId: string, firstSeq: number, events: readonly LogEvent[]][];

export function packJournal(runs: readonly GenerationEvents[]): string {
  const row: PackedRow = [];
  for (const run of runs) row.push([run.generationId, run.firstSeq, run.events]);
  return JSON.stringify(row);
}

export function unpackJournal(payload: string): GenerationEvents[] {
  const row = JSON.parse(payload) as PackedRow;
  return row.map(([generationId, firstSeq, events]) => ({ generationId, firstSeq, events }));
}

/** One journal row to append: `n` is counted by the owner, without gaps, from 1. */
export interface JournalRow {
  readonly owner: number;
  readonly n: number;
  readonly payload: string;
}

/** `fenced`: another process has claimed this owner's generations; nothing was written, and nothing will be. */
export type JournalOutcome = 'committed' | 'fenced';

export interface PackedSegment {
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** The events as JSON. */
  readonly events: string;
  /** Whether all of them are deltas. */
  readonly isPlain: boolean;
}

const segmentCharacters = 64 * 1024;

/**
 * Packs events as segments, which hold at most 64 Ki characters, or one event. A longer run from the same event on has
 * the same segments, but for the last one: if the answer to a write was lost, the next one replaces what is there.
 */
export function segmentsOf(run: EventRun): PackedSegment[] {
  return piecesOf(run, segmentCharacters).map(({ firstSeq, events }) => ({
    firstSeq,
    lastSeq: firstSeq + events.length - 1,
    events: JSON.stringify(events),
    isPlain: events.every((event) => typeof event === 'string'),
  }));
}
