/**
 * Commits what live generations append: one packed journal row per commit for all of them, one commit in flight.
 * Commits start at least `minIntervalMs` apart, but for a generation's first tokens, which go at once.
 */
import { type GenerationEvents, packJournal } from '../../store/journal.ts';
import type { Store } from '../../store/store.ts';
import { mayPass } from '../../store/unavailable.ts';
import type { JournalBacklog } from '../interface.ts';
import type { LiveGeneration } from './live-generation.ts';

export interface LogWriterOptions {
  readonly store: Pick<Store, 'appendJournal'>;
  readonly owner: number;
  readonly minIntervalMs?: number;
  /** Another process claimed this owner's generations. */
  onFenced(): void;
  /** A commit failed and is tried again. */
  onRetry(error: unknown, tries: number): void;
  /** A row is committed, `ms` after it was handed to the store for the first time. */
  onCommitted?(ms: number): void;
}

const firstRetryMs = 50;
const longestRetryMs = 2000;
/** How often a row is sent that the store refuses. */
const triesOfRefused = 3;

/** A generation with the events that it has handed over. */
interface Taken {
  readonly live: LiveGeneration;
  readonly events: GenerationEvents;
}

export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #minIntervalMs: number;
  #dirty = new Set<LiveGeneration>();
  #isCommitting = false;
  #isUrgent = false;
  #timer: NodeJS.Timeout | undefined;
  #lastStart = 0;
  #n = 0;
  #isClosed = false;
  /** The sizes in bytes of the rows that are in the journal, the oldest first; the last one has the number `#n`. */
  #sizes: number[] = [];

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#minIntervalMs = options.minIntervalMs ?? 10;
  }

  /** The last journal row that is committed. */
  get committedN(): number {
    return this.#isCommitting ? this.#n - 1 : this.#n;
  }

  /** The rows that are not pruned yet. */
  get backlog(): JournalBacklog {
    return { rows: this.#sizes.length, bytes: this.#sizes.reduce((sum, size) => sum + size, 0) };
  }

  /** The rows up to this one are no longer in the journal. */
  prunedThrough(n: number): void {
    const left = this.committedN - n;
    if (left < this.#sizes.length) this.#sizes = this.#sizes.slice(this.#sizes.length - Math.max(0, left));
  }

  /** The generation has pending events. `isUrgent`: commit as soon as none is in flight. */
  touch(live: LiveGeneration, isUrgent: boolean): void {
    this.#dirty.add(live);
    if (isUrgent) this.#isUrgent = true;
    if (!this.#isCommitting && !this.#isClosed) this.#schedule();
  }

  /** Drops the pending events, and commits nothing more. */
  close(): void {
    this.#isClosed = true;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#dirty.clear();
  }

  #schedule(): void {
    const waitMs = this.#isUrgent ? 0 : this.#lastStart + this.#minIntervalMs - performance.now();
    if (waitMs <= 0) {
      if (this.#timer !== undefined) clearTimeout(this.#timer);
      this.#timer = undefined;
      // A turn of the event loop collects what arrives together.
      setImmediate(() => this.#commitNow());
      return;
    }
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#commitNow();
    }, waitMs);
  }

  #commitNow(): void {
    if (this.#isCommitting || this.#isClosed || this.#dirty.size === 0) return;
    const { promise: settled, resolve: settle } = Promise.withResolvers<void>();
    const taken: Taken[] = [];
    for (const live of this.#dirty) {
      const run = live.beginCommit(settled);
      if (run === undefined) continue;
      taken.push({ live, events: { generationId: live.id, firstSeq: run.firstSeq, events: run.events } });
    }
    this.#dirty.clear();
    this.#isUrgent = false;
    if (taken.length === 0) return;
    this.#isCommitting = true;
    this.#lastStart = performance.now();
    void this.#commitTaken(taken).then((goesOn) => {
      this.#isCommitting = false;
      settle();
      if (goesOn && this.#dirty.size > 0) this.#schedule();
    });
  }

  /**
   * Commits all in one row. If the store refuses it, each generation gets a row of its own, so that only what is refused
   * is lost. Gives false where this owner writes no more.
   */
  async #commitTaken(taken: readonly Taken[]): Promise<boolean> {
    const result = await this.#commitRow(taken);
    if (!(result instanceof Error)) return result;
    const [only] = taken;
    if (only !== undefined && taken.length === 1) {
      only.live.refuseCommit(result);
      return true;
    }
    for (const one of taken) {
      const single = await this.#commitRow([one]);
      if (single instanceof Error) one.live.refuseCommit(single);
    }
    return !this.#isClosed;
  }

  /** Whether the row is in the store; the error with which the store refuses it, in which case nothing is settled. */
  async #commitRow(taken: readonly Taken[]): Promise<boolean | Error> {
    const n = ++this.#n;
    const payload = packJournal(taken.map(({ events }) => events));
    const startedAt = performance.now();
    const result = await this.#commit(n, payload);
    if (result instanceof Error) {
      this.#n -= 1;
      return result;
    }
    if (result) {
      this.#sizes.push(Buffer.byteLength(payload));
      this.#options.onCommitted?.(performance.now() - startedAt);
    }
    for (const { live } of taken) live.settleCommit(result ? n : undefined);
    return result;
  }

  /** A row whose answer was lost is sent again under the same `n`. */
  async #commit(n: number, payload: string): Promise<boolean | Error> {
    let refusals = 0;
    for (let tries = 1; ; tries++) {
      try {
        const outcome = await this.#options.store.appendJournal({ owner: this.#options.owner, n, payload });
        if (outcome === 'fenced') this.#options.onFenced();
        return outcome === 'committed';
      } catch (error) {
        if (this.#isClosed) return false;
        this.#options.onRetry(error, tries);
        if (!mayPass(error) && ++refusals >= triesOfRefused) return toError(error);
        const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** (tries - 1));
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
