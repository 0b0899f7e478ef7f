/** The generations that this process runs. */
import type { EventRun } from '../../domain/event.ts';
import type { LiveGeneration, LiveListener } from './live-generation.ts';

/** The newest committed events of a log, in memory: at least all that no segment holds. */
export interface LogTail {
  /** The seq of the last event that a segment holds, as far as is known here. */
  readonly segmentedSeq: number;
  /** Committed events after `seq`, or undefined if memory does not have them all. */
  committedAfter(seq: number): EventRun | undefined;
  addListener(listener: LiveListener): void;
  removeListener(listener: LiveListener): void;
}

/** Where events are found that are not in segments yet, and a reader is woken when there are more. */
export interface LiveDirectory {
  /** A generation that runs here. */
  find(generationId: string): LiveGeneration | undefined;
  /** The newest events of a generation, which runs here, or whose owner sends them. */
  findTail(generationId: string): LogTail | undefined;
  /** Whether this process gave the generation up, since the store refuses its end in every form. */
  isAbandoned(generationId: string): boolean;
  /** Calls `wake` when the generation starts to run here, or is worth another look. */
  onWake(generationId: string, wake: () => void): Disposable;
}

/** A reader's interest in a generation that does not run here. */
export interface Following extends Disposable {
  /** Has the owner asked for its events, if it can be reached; a wake tells that they came. */
  ask(owner: number | null): void;
}

export interface ReaderDirectory extends LiveDirectory {
  /** From now on the generation is looked after: its readers are woken when the store has more of it. */
  follow(generationId: string): Following;
}

/** How long an abandoned generation is left alone, in milliseconds. */
const abandonedMs = 300_000;

export class Lives implements LiveDirectory {
  readonly #lives = new Map<string, LiveGeneration>();
  readonly #wakes = new Map<string, Set<() => void>>();
  /** When each generation was abandoned, by `performance.now()`. */
  readonly #abandoned = new Map<string, number>();
  #isClosed = false;

  get size(): number {
    return this.#lives.size;
  }

  /** Readers that follow a generation here. */
  get viewerCount(): number {
    return this.#lives.values().reduce((sum, { listenerCount }) => sum + listenerCount, 0);
  }

  find(generationId: string): LiveGeneration | undefined {
    return this.#lives.get(generationId);
  }

  findTail(generationId: string): LogTail | undefined {
    return this.find(generationId);
  }

  /** Whether a generation of this session runs here, or is about to end here. */
  hasSession(sessionId: string): boolean {
    return this.#lives.values().some(({ identity }) => identity.sessionId === sessionId);
  }

  [Symbol.iterator](): IterableIterator<LiveGeneration> {
    return this.#lives.values();
  }

  add(live: LiveGeneration): void {
    if (this.#isClosed) {
      live.drop();
      live.leave();
      return;
    }
    this.#abandoned.delete(live.id);
    this.#lives.set(live.id, live);
    this.wake(live.id);
  }

  /** Gives a generation up for some minutes: it stays in the store as it is, and its readers are told that it failed. */
  abandon(live: LiveGeneration): void {
    this.abandonUnseen(live.id);
    live.drop();
    this.remove(live);
  }

  /** Does the same for a generation that this process could not begin to run. */
  abandonUnseen(generationId: string): void {
    this.#abandoned.set(generationId, performance.now());
    this.wake(generationId);
  }

  isAbandoned(generationId: string): boolean {
    const since = this.#abandoned.get(generationId);
    if (since === undefined) return false;
    if (performance.now() - since < abandonedMs) return true;
    this.#abandoned.delete(generationId);
    return false;
  }

  /** Drops all live generations, and those that are added later. Gives the dropped ones, which the caller removes. */
  close(): readonly LiveGeneration[] {
    this.#isClosed = true;
    const left = [...this];
    for (const live of left) live.drop();
    return left;
  }

  /** Removes a generation that this process no longer runs, and tells its readers. */
  remove(live: LiveGeneration): void {
    // This process may run it again by now, under another owner.
    if (this.#lives.get(live.id) === live) this.#lives.delete(live.id);
    live.leave();
    this.wake(live.id);
  }

  wake(generationId: string): void {
    const wakes = this.#wakes.get(generationId);
    if (wakes === undefined) return;
    for (const wake of [...wakes]) wake();
  }

  /** Resolves at the generation's next wake, at the latest after `timeoutMs`. */
  woken(generationId: string, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        wake[Symbol.dispose]();
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      const wake = this.onWake(generationId, done);
    });
  }

  onWake(generationId: string, wake: () => void): Disposable {
    const wakes = this.#wakes.get(generationId) ?? new Set();
    this.#wakes.set(generationId, wakes);
    wakes.add(wake);
    return {
      [Symbol.dispose]: () => {
        wakes.delete(wake);
        if (wakes.size === 0 && this.#wakes.get(generationId) === wakes) this.#wakes.delete(generationId);
      },
    };
  }
}
