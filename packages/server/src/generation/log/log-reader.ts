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
import type { LogSink, LogSubscription } from '../interface.ts';
import { type LiveGeneration, type LiveListener, pieceCharacters } from './live-generation.ts';
import type { LiveDirectory } from './live-generations.ts';

/** A segment holds 64 Ki characters at most, of which each event costs 100. One is a piece of work for the event loop. */
const segmentsAtOnce = 1;
const pollMs = 1000;

/** The error of everybody who waits for the end of a generation that was abandoned. */
export function endNotStored(): AppError {
  return new AppError('internal', 'the end of this answer could not be stored');
}

export class LogReader implements LogSubscription, LiveListener {
  readonly #reads: Database;
  readonly #directory: LiveDirectory;
  readonly #generationId: string;
  readonly #sink: LogSink;
  #seq: number;
  #live: LiveGeneration | undefined;
  #isFilling = false;
  #fillAgain = false;
  #isFull = false;
  #isClosed = false;
  #wait: Disposable | undefined;

  constructor(
    reads: Database,
    directory: LiveDirectory,
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
        this.close();
        this.#sink.fail(error instanceof Error ? error : new Error(String(error)));
      })
      .finally(() => {
        this.#isFilling = false;
        const again = this.#fillAgain && this.#live === undefined;
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
    this.#leaveLive();
    this.#stopWaiting();
  }

  onRun(run: EventRun): void {
    this.#write(run);
    if (this.#isFull || this.#isClosed) this.#leaveLive();
  }

  onLeft(): void {
    this.#live = undefined;
    // The generation may continue in another process, or may have ended in a way that only the store knows.
    if (!this.#isClosed) this.start();
  }

  /** Sends what there is until the reader is live, full, waiting for more, or at the end. */
  async #fill(): Promise<void> {
    while (!this.#isClosed && !this.#isFull) {
      const live = this.#directory.find(this.#generationId);
      const inMemory = live?.committedAfter(this.#seq);
      if (live !== undefined && inMemory !== undefined) {
        this.#writeInPieces(inMemory);
        // No await between reading memory and listening: nothing can be missed.
        if (this.#isClosed || this.#isFull) return;
        this.#live = live;
        live.addListener(this);
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
      this.#waitForMore();
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

  #leaveLive(): void {
    this.#live?.removeListener(this);
    this.#live = undefined;
  }

  /** Waits for a generation that is queued, or that another process runs. */
  #waitForMore(): void {
    this.#stopWaiting();
    const again = (): void => {
      this.#stopWaiting();
      this.start();
    };
    const timer = setTimeout(again, pollMs);
    const wake = this.#directory.onWake(this.#generationId, again);
    this.#wait = {
      [Symbol.dispose]() {
        clearTimeout(timer);
        wake[Symbol.dispose]();
      },
    };
  }

  #stopWaiting(): void {
    this.#wait?.[Symbol.dispose]();
    this.#wait = undefined;
  }
}
