/**
 * Commits what live generations append: one packed journal row per commit for all of them, one commit in flight.
 * Commits start at least `minIntervalMs` apart, but for a generation's first tokens, which go at once.
 */
import { type GenerationEvents, packJournal } from '../../store/journal.ts';
import type { Store } from '../../store/store.ts';
import type { LiveGeneration } from './live-generation.ts';

export interface LogWriterOptions {
  readonly store: Pick<Store, 'appendJournal'>;
  readonly owner: number;
  readonly minIntervalMs?: number;
  /** Another process claimed this owner's generations. */
  onFenced(): void;
  /** A commit failed and is tried again. */
  onRetry(error: unknown, tries: number): void;
}

const firstRetryMs = 50;
const longestRetryMs = 2000;

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

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#minIntervalMs = options.minIntervalMs ?? 10;
  }

  /** The last journal row that is committed. */
  get committedN(): number {
    return this.#isCommitting ? this.#n - 1 : this.#n;
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
    const taken: LiveGeneration[] = [];
    const runs: GenerationEvents[] = [];
    for (const live of this.#dirty) {
      const run = live.beginCommit(settled);
      if (run === undefined) continue;
      taken.push(live);
      runs.push({ generationId: live.id, firstSeq: run.firstSeq, events: run.events });
    }
    this.#dirty.clear();
    this.#isUrgent = false;
    if (taken.length === 0) return;
    this.#isCommitting = true;
    this.#lastStart = performance.now();
    const n = ++this.#n;
    void this.#commit(n, packJournal(runs)).then((isCommitted) => {
      this.#isCommitting = false;
      for (const live of taken) live.settleCommit(isCommitted ? n : undefined);
      settle();
      if (isCommitted && this.#dirty.size > 0) this.#schedule();
    });
  }

  /** Whether the row is in the store. A row whose answer was lost is sent again under the same `n`. */
  async #commit(n: number, payload: string): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      try {
        const outcome = await this.#options.store.appendJournal({ owner: this.#options.owner, n, payload });
        if (outcome === 'fenced') this.#options.onFenced();
        return outcome === 'committed';
      } catch (error) {
        if (this.#isClosed) return false;
        this.#options.onRetry(error, tries);
        const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** (tries - 1));
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
  }
}
