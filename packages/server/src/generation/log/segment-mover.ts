/** Moves what live generations have committed into segments, every few seconds, and prunes the journal behind. */
import type { Store } from '../../store/store.ts';
import type { LiveGeneration } from './live-generation.ts';
import type { LogWriter } from './log-writer.ts';

export interface SegmentMoverOptions {
  readonly store: Pick<Store, 'execute'>;
  readonly owner: number;
  readonly writer: LogWriter;
  readonly lives: Iterable<LiveGeneration>;
  readonly intervalMs?: number;
  onError(error: unknown): void;
}

/** Generations per command, so that other commands get their turn. */
const chunkSize = 64;

export class SegmentMover implements Disposable {
  readonly #options: SegmentMoverOptions;
  readonly #timer: NodeJS.Timeout;
  #isMoving = false;

  constructor(options: SegmentMoverOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      if (this.#isMoving) return;
      this.#isMoving = true;
      this.move()
        .catch(options.onError)
        .finally(() => {
          this.#isMoving = false;
        });
    }, options.intervalMs ?? 2000);
    this.#timer.unref();
  }

  /** Moves all that is committed now. */
  async move(): Promise<void> {
    const { writer, lives } = this.#options;
    const committedN = writer.committedN;
    const movable: LiveGeneration[] = [];
    for (const live of lives) {
      if (!live.isEnding && live.moving === undefined && live.committedSeq > live.segmentedSeq)
        movable.push(live);
    }
    for (let start = 0; start < movable.length; start += chunkSize) {
      await this.#moveChunk(movable.slice(start, start + chunkSize));
    }
    await this.#prune(committedN);
  }

  async #moveChunk(chunk: readonly LiveGeneration[]): Promise<void> {
    const { store, owner, writer } = this.#options;
    const moves = chunk
      .filter((live) => !live.isEnding)
      .map((live) => ({ live, run: live.unsegmented(), lastSeq: live.committedSeq }));
    const nextN = writer.committedN + 1;
    const segments = moves.map(({ live, run, lastSeq }) => ({
      generation_id: live.id,
      first_seq: run.firstSeq,
      last_seq: lastSeq,
      events: JSON.stringify(run.events),
      first_token_at: live.firstTokenAt,
    }));
    const command = store.execute('moveSegments', { owner, segments, pruneThrough: null });
    const settled = command.then(
      () => {
        for (const { live, lastSeq } of moves) {
          live.moving = undefined;
          live.segmentedThrough(lastSeq, live.committedSeq > lastSeq ? nextN : undefined);
        }
      },
      () => {
        for (const { live } of moves) live.moving = undefined;
      },
    );
    for (const { live } of moves) live.moving = settled;
    await command;
    await settled;
  }

  /** Deletes the journal rows that only hold what segments hold too. */
  async #prune(committedN: number): Promise<void> {
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
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
