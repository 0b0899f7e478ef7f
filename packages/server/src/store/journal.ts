/**
 * The write-ahead log: one packed row per commit, the events of all generations of an owner together. A row's
 * payload is JSON, `[[generation id, first seq, [event, …]], …]`; a bare string is a delta.
 */
import type { EventRun, LogEvent } from '../domain/event.ts';

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
