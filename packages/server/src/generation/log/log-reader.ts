/**
 * One reader of a generation's log: backfill from the segments, then from the owner's memory, then live. A gap is
 * never skipped and nothing is sent twice; a sink that is full leaves the live log and comes back by backfill.
 */

import { loopTurn } from '../../concurrency/loop-turn.ts';
import { AppError, notFound } from '../../domain/errors.ts';
import { type EventRun, eventsFrom, isFinalEvent, piecesOf } from '../../domain/event.ts';
import { isTerminal } from '../../domain/generation.ts';
import { readGeneration } from '../../store/queries/generations.ts';
import { readSegments } from '../../store/queries/segments.ts';
import type { Database } from '../../store/store.ts';
import { isUnavailable } from '../../store/unavailable.ts';
import type { LogSink, LogSubscription } from '../interface.ts';
import { type LiveListener, pieceCharacters } from './live-generation.ts';
import type { Following, LogTail, ReaderDirectory } from './live-generations.ts';

/** A segment holds 64 Ki characters at most, of which each event costs 100. One is a piece of work for the event loop. */
const segmentsAtOnce = 1;
/** A store that does not answer is asked again so much later. */
const retryMs = 500;

/** The error of everybody who waits for the end of a generation that was abandoned. */
export function endNotStored(): AppError {
  return new AppError('internal', 'the end of this answer could not be stored');
}

export class LogReader implements LogSubscription, LiveListener {
  readonly #reads: Database;
  readonly #directory: ReaderDirectory;
  readonly #generationId: string;
  readonly #sink: LogSink;
  #seq: number;
  /** What it listens to. */
  #tail: LogTail | undefined;
  #isFilling = false;
  #fillAgain = false;
  #isFull = false;
  #isClosed = false;
  #following: Following | undefined;
  #wakes: Disposable | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(
    reads: Database,
    directory: ReaderDirectory,
    generationId: string,
    afterSeq: number,
    sink: LogSink,
  ) {
    this.#reads = reads;
    this.#directory = directory;
    this.#generationId = generationId;
    this.#seq = afterSeq;
    this.#sink = sink;
  }

  start(): void {
    if (this.#isClosed || this.#isFull) return;
    if (this.#isFilling) {
      this.#fillAgain = true;
      return;
    }
    this.#isFilling = true;
    this.#fill()
      .catch((error: unknown) => {
        if (this.#isClosed) return;
        if (isUnavailable(error)) {
          this.#retry = setTimeout(() => this.start(), retryMs);
          return;
        }
        this.close();
        this.#sink.fail(error instanceof Error ? error : new Error(String(error)));
      })
      .finally(() => {
        this.#isFilling = false;
        const again = this.#fillAgain && this.#tail === undefined;
        this.#fillAgain = false;
        if (again) this.start();
      });
  }

  resume(): void {
    if (!this.#isFull || this.#isClosed) return;
    this.#isFull = false;
    this.start();
  }

  close(): void {
    this.#isClosed = true;
    this.#leaveTail();
    this.#wakes?.[Symbol.dispose]();
    this.#following?.[Symbol.dispose]();
    clearTimeout(this.#retry);
  }

  onRun(run: EventRun): void {
    const next = this.#seq + 1;
    // What another server sends may begin before what the store has shown, or behind it.
    const events = run.firstSeq === next ? run.events : eventsFrom(run, next);
    if (events === undefined) {
      this.#leaveTail();
      this.start();
      return;
    }
    this.#write(events === run.events ? run : { firstSeq: next, events });
    if (this.#isFull || this.#isClosed) this.#leaveTail();
  }

  onLeft(): void {
    this.#tail = undefined;
    // The generation may continue in another process, or may have ended in a way that only the store knows.
    if (!this.#isClosed) this.start();
  }

  /** Sends what there is until the reader is live, full, waiting for more, or at the end. */
  async #fill(): Promise<void> {
    while (!this.#isClosed && !this.#isFull) {
      const tail = this.#directory.findTail(this.#generationId);
      const inMemory = tail?.committedAfter(this.#seq);
      if (tail !== undefined && inMemory !== undefined) {
        this.#writeInPieces(inMemory);
        // No await between reading memory and listening: nothing can be missed.
        if (this.#isClosed || this.#isFull) return;
        this.#tail = tail;
        tail.addListener(this);
        // What comes from elsewhere comes only as long as somebody follows it.
        if (tail !== this.#directory.find(this.#generationId))
          this.#following ??= this.#directory.follow(this.#generationId);
        return;
      }
      await loopTurn();
      if (this.#isClosed) return;
      const segments = await readSegments(this.#reads, this.#generationId, this.#seq, segmentsAtOnce);
      // PostgreSQL's answers to many readers come together.
      if (segments.length > 0) await loopTurn();
      if (this.#isClosed) return;
      for (const segment of segments) {
        const firstSeq = this.#seq + 1;
        const events = eventsFrom(segment, firstSeq);
        if (events === undefined) throw new Error(`the log lacks event ${firstSeq}`);
        this.#writeInPieces({ firstSeq, events });
        if (this.#isClosed || this.#isFull) return;
      }
      if (segments.length > 0 || this.#directory.find(this.#generationId) !== undefined) continue;
      const generation = await readGeneration(this.#reads, this.#generationId);
      if (this.#isClosed) return;
      if (generation === undefined) throw notFound('generation');
      if (isTerminal(generation.status)) {
        const more = await readSegments(this.#reads, this.#generationId, this.#seq, 1);
        if (more.length === 0) return this.#end();
        continue;
      }
      if (this.#directory.find(this.#generationId) !== undefined) continue;
      if (this.#directory.isAbandoned(this.#generationId)) throw endNotStored();
      this.#waitForMore(generation.owner);
      return;
    }
  }

  /** Splits a long backfill, so that the sink can say after each piece that it is full. */
  #writeInPieces(run: EventRun): void {
    for (const piece of piecesOf(run, pieceCharacters)) {
      if (this.#isClosed || this.#isFull) return;
      this.#write(piece);
    }
  }

  #write(run: EventRun): void {
    if (run.events.length === 0 || this.#isClosed) return;
    this.#seq = run.firstSeq + run.events.length - 1;
    const hasRoom = this.#sink.write(run);
    if (isFinalEvent(run.events[run.events.length - 1])) this.#end();
    else if (!hasRoom) this.#isFull = true;
  }

  #end(): void {
    if (this.#isClosed) return;
    this.close();
    this.#sink.end();
  }

  #leaveTail(): void {
    this.#tail?.removeListener(this);
    this.#tail = undefined;
  }

  /** Waits for a generation that is queued, or that another process runs. */
  #waitForMore(owner: number | null): void {
    this.#wakes ??= this.#directory.onWake(this.#generationId, () => {
      if (this.#tail === undefined) this.start();
    });
    this.#following ??= this.#directory.follow(this.#generationId);
    this.#following.ask(owner);
    // The owner's events may have come while the store was read.
    if (this.#directory.findTail(this.#generationId)?.committedAfter(this.#seq) !== undefined) this.start();
  }
}
