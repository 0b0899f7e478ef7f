/** Moves what live generations have committed into segments, every few seconds, and prunes the journal behind. */
import { every, type Repetition } from '../../concurrency/every.ts';
import type { CommandArgs } from '../../store/command.ts';
import { segmentsOf } from '../../store/journal.ts';
import type { Store } from '../../store/store.ts';
import { mayPass } from '../../store/unavailable.ts';
import type { LiveGeneration } from './live-generation.ts';
import type { LogWriter } from './log-writer.ts';

export interface SegmentMoverOptions {
  readonly store: Pick<Store, 'execute'>;
  readonly owner: number;
  readonly writer: LogWriter;
  readonly lives: Iterable<LiveGeneration>;
  /** Default 2000. */
  readonly intervalMs?: number;
  /** Whether to move more often: whoever reads elsewhere, without a bus, waits for it. Default never. */
  isHurried?(): boolean;
  onError(error: unknown): void;
}

/** A step of the timer; in a hurry each one moves. */
const hurriedMs = 500;

/** Generations that one command moves at most, so that other commands get their turn. */
const chunkSize = 64;

export class SegmentMover implements Disposable {
  readonly #options: SegmentMoverOptions;
  readonly #moves: Repetition;
  #isDisposed = false;

  constructor(options: SegmentMoverOptions) {
    this.#options = options;
    const { intervalMs = 2000, isHurried = () => false, onError } = options;
    const stepMs = Math.min(hurriedMs, intervalMs);
    let sinceMs = 0;
    const step = async (): Promise<void> => {
      sinceMs += stepMs;
      if (sinceMs < intervalMs && !isHurried()) return;
      sinceMs = 0;
      await this.move();
    };
    this.#moves = every(stepMs, step, onError);
  }

  /** Moves all that is committed now. */
  async move(): Promise<void> {
    const { writer, lives } = this.#options;
    const committedN = writer.committedN;
    const movable = [...lives].filter((live) => live.isMovable);
    let refusal: unknown;
    for (let start = 0; start < movable.length; start += chunkSize) {
      refusal = (await this.#moveApart(movable.slice(start, start + chunkSize))) ?? refusal;
    }
    await this.#prune(committedN);
    if (refusal !== undefined) throw refusal;
  }

  /** If the store refuses to move some of a chunk, it moves the others, and gives why. @throws where it may pass */
  async #moveApart(chunk: readonly LiveGeneration[]): Promise<unknown> {
    let refusal: unknown;
    try {
      await this.#moveChunk(chunk);
    } catch (error) {
      if (mayPass(error)) throw error;
      refusal = error;
      if (chunk.length > 1) for (const live of chunk) await this.#moveApart([live]);
    }
    return refusal;
  }

  async #moveChunk(chunk: readonly LiveGeneration[]): Promise<void> {
    const { store, owner, writer } = this.#options;
    const { promise: settled, resolve: settle } = Promise.withResolvers<void>();
    const moving: LiveGeneration[] = [];
    const segments: CommandArgs<'moveSegments'>['segments'][number][] = [];
    for (const live of chunk) {
      const run = live.beginMove(settled);
      if (run === undefined) continue;
      moving.push(live);
      const { id: generationId, firstTokenAt } = live;
      for (const segment of segmentsOf(run)) segments.push({ generationId, firstTokenAt, ...segment });
    }
    if (moving.length === 0) return;
    const nextN = writer.committedN + 1;
    let isMoved = false;
    try {
      await store.execute('moveSegments', { owner, segments, pruneThrough: null });
      isMoved = true;
    } finally {
      for (const live of moving) live.settleMove(isMoved ? nextN : undefined);
      settle();
    }
  }

  /** Deletes the journal rows that only hold what segments hold too. */
  async #prune(committedN: number): Promise<void> {
    // Once disposed, what is dropped leaves `lives` unmoved, and its journal is all that the next process has of it.
    if (this.#isDisposed) return;
    let through = committedN;
    for (const live of this.#options.lives) {
      if (live.oldestJournalN !== undefined) through = Math.min(through, live.oldestJournalN - 1);
    }
    if (through <= 0) return;
    await this.#options.store.execute('moveSegments', {
      owner: this.#options.owner,
      segments: [],
      pruneThrough: through,
    });
    this.#options.writer.prunedThrough(through);
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#moves[Symbol.dispose]();
  }
}
