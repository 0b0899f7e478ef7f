/** A generation that this process runs: its log since the last segment, and who reads it. */
import type { EventRun, LogEvent } from '../../domain/event.ts';
import type { FittedContext } from '../context/fit-context.ts';
import { MessageBuilder } from './message-builder.ts';

export interface LiveListener {
  /** Events that were committed, right after those it has. */
  onRun(run: EventRun): void;
  /** This process runs the generation no longer; the log ends, or goes on elsewhere. */
  onLeft(): void;
}

export interface LiveIdentity {
  readonly id: string;
  readonly conversationId: string;
  readonly sessionId: string;
  readonly messageId: string;
}

export class LiveGeneration {
  readonly identity: LiveIdentity;
  readonly builder = new MessageBuilder();
  readonly listeners = new Set<LiveListener>();
  readonly ended: Promise<void>;
  /** Appended, but not yet handed to a commit. */
  pending: LogEvent[] = [];
  /** Committed, and kept in memory until segments hold them; the first has `tailFirstSeq`. */
  tail: LogEvent[];
  tailFirstSeq: number;
  /** The last event that a segment holds. */
  segmentedSeq: number;
  committedSeq: number;
  /** The journal row that holds the first event beyond `segmentedSeq`; undefined where there is none. */
  oldestJournalN: number | undefined;
  /** The commit or the move to segments that is under way for it. */
  inFlight: Promise<void> | undefined;
  moving: Promise<void> | undefined;
  firstTokenAt: number | null;
  /** What the model was sent, once it is called. */
  context: FittedContext | undefined;
  /** Once set, nothing is appended any more but the terminal event. */
  isEnding = false;
  /** Somebody wants it ended; what it has is kept. */
  isCancelled = false;
  /** This process has no right to it any more, or stops: it is neither ended nor written to from here. */
  isDropped = false;
  readonly #abort = new AbortController();
  #resolveEnded!: () => void;

  /** `stored`: events that segments hold already, from seq `storedFirstSeq` on. */
  constructor(identity: LiveIdentity, stored: EventRun, firstTokenAt: number | null = null) {
    this.identity = identity;
    this.tail = [...stored.events];
    this.tailFirstSeq = stored.firstSeq;
    this.committedSeq = stored.firstSeq + stored.events.length - 1;
    this.segmentedSeq = this.committedSeq;
    this.firstTokenAt = firstTokenAt;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  get id(): string {
    return this.identity.id;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Aborts the model call; the generation then ends as cancelled, unless it is ending already. */
  cancel(): void {
    if (this.isEnding) return;
    this.isCancelled = true;
    this.#abort.abort();
  }

  drop(): void {
    this.isDropped = true;
    this.#abort.abort();
  }

  append(event: LogEvent): void {
    this.pending.push(event);
    this.builder.apply(event);
  }

  /** The events that wait for a commit; they are the commit's from now on. */
  takePending(): EventRun {
    const run = { firstSeq: this.committedSeq + 1, events: this.pending };
    this.pending = [];
    return run;
  }

  /** The run is in the store: readers get it. */
  publish(run: EventRun, journalN: number | undefined): void {
    if (this.oldestJournalN === undefined) this.oldestJournalN = journalN;
    for (const event of run.events) this.tail.push(event);
    this.committedSeq += run.events.length;
    for (const listener of this.listeners) listener.onRun(run);
  }

  /** Committed events after `seq`, or undefined where memory no longer has them all. */
  committedAfter(seq: number): EventRun | undefined {
    if (seq + 1 < this.tailFirstSeq) return undefined;
    const from = seq + 1 - this.tailFirstSeq;
    return { firstSeq: seq + 1, events: from === 0 ? this.tail.slice() : this.tail.slice(from) };
  }

  /** Committed events that no segment holds. */
  unsegmented(): EventRun {
    const from = this.segmentedSeq + 1 - this.tailFirstSeq;
    return { firstSeq: this.segmentedSeq + 1, events: from === 0 ? this.tail : this.tail.slice(from) };
  }

  /** Segments hold everything through `seq`; memory lets go of it. */
  segmentedThrough(seq: number, oldestJournalN: number | undefined): void {
    this.tail = this.tail.slice(seq + 1 - this.tailFirstSeq);
    this.tailFirstSeq = seq + 1;
    this.segmentedSeq = seq;
    this.oldestJournalN = oldestJournalN;
  }

  /** The generation is over here, with or without a terminal event. */
  leave(): void {
    const listeners = [...this.listeners];
    this.listeners.clear();
    for (const listener of listeners) listener.onLeft();
    this.#resolveEnded();
  }
}
