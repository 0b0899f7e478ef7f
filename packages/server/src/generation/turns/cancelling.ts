/** Ending generations on request, wherever they are: running here, running elsewhere, or still queued. */
import { AppError } from '../../domain/errors.ts';
import { type GenerationRecord, isTerminal, type Outcome } from '../../domain/generation.ts';
import {
  type LiveGenerations,
  readGeneration,
  readLiveGenerations,
} from '../../store/queries/generations.ts';
import type { Store } from '../../store/store.ts';
import type { Lives } from '../log/live-generations.ts';
import { endNotStored } from '../log/log-reader.ts';

export interface CancellingOptions {
  readonly store: Store;
  readonly lives: Lives;
  readonly now: () => number;
  readonly owner: () => number;
  /** Tells other servers of cancels that are stored, and of ends. */
  readonly servers: { cancel(ids: readonly string[]): void; wake(ids: readonly string[]): void };
  /** A queued turn was ended. */
  onEnded(generation: GenerationRecord, outcome: Outcome): void;
  /** A turn that waited behind a cancelled one runs now. */
  onStarted(generationId: string): void;
}

/** Time between two looks at a generation that another process runs. */
const pollMs = 250;

export class Cancelling implements Disposable {
  readonly #options: CancellingOptions;
  #isStopping = false;

  constructor(options: CancellingOptions) {
    this.#options = options;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /**
   * Cancels a generation; resolves once it has ended, for whatever reason.
   * @throws AppError overloaded, where this process stops before; internal, where the store refuses its end
   */
  async cancel(generationId: string): Promise<void> {
    const { store, lives, now, servers } = this.#options;
    for (;;) {
      if (this.#isStopping)
        throw new AppError('overloaded', 'the server is shutting down', { retry_after_seconds: 1 });
      const live = lives.find(generationId);
      if (live !== undefined) {
        live.cancel();
        // It may have been dropped: then another process ends it.
        await live.ended;
        continue;
      }
      const row = await readGeneration(store.reads, generationId);
      if (row === undefined || isTerminal(row.status)) return;
      // The request is stored first, so that the process that owns the generation by then finds it.
      await store.execute('requestCancel', { generationIds: [generationId], now: now() });
      if (lives.isAbandoned(generationId)) throw endNotStored();
      if (row.status === 'queued') await this.#endQueued(row);
      else {
        const woken = lives.woken(generationId, pollMs);
        servers.cancel([generationId]);
        await woken;
      }
    }
  }

  async cancelWhere(where: LiveGenerations): Promise<void> {
    const { store, lives, now, servers } = this.#options;
    const ids = await readLiveGenerations(store.reads, where);
    if (ids.length === 0) return;
    // All requests are stored first: otherwise a queued turn would start when the one before it ends.
    await store.execute('requestCancel', { generationIds: ids, now: now() });
    // All stop before the first one's end is waited for.
    servers.cancel(ids);
    for (const id of ids) lives.find(id)?.cancel();
    for (const id of ids) await this.cancel(id);
  }

  /** Ends a turn that has not started; does nothing if it has started by now. */
  async #endQueued(generation: GenerationRecord): Promise<void> {
    const { store, lives, now, owner, servers, onEnded, onStarted } = this.#options;
    const { id: generationId } = generation;
    const { next, outcome } = await store.execute('cancelQueued', {
      generationId,
      owner: owner(),
      now: now(),
    });
    if (outcome !== null) onEnded(generation, outcome);
    lives.wake(generationId);
    servers.wake([generationId]);
    if (next !== null) onStarted(next.generationId);
  }
  /** Makes waits for the end of a generation fail from now on. */
  [Symbol.dispose](): void {
    this.#isStopping = true;
  }
}
