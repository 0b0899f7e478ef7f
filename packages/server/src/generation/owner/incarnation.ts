/** One life of this process as an owner: its lease, its journal, and the moving of its events to segments. */
import type { Store } from '../../store/store.ts';
import type { LiveGeneration } from '../log/live-generation.ts';
import { LogWriter } from '../log/log-writer.ts';
import { SegmentMover } from '../log/segment-mover.ts';
import { Lease } from './lease.ts';

export interface IncarnationOptions {
  readonly store: Store;
  readonly lives: Iterable<LiveGeneration>;
  readonly leaseMs: number;
  /** Another process claimed this owner's generations: it may write to none of them any more. */
  onFenced(owner: number): void;
  /** Generations of dead owners that are this one's now. */
  onClaimed(generationIds: readonly string[]): void;
  onTrouble(error: unknown, message: string, details?: object): void;
}

export interface Incarnation extends Disposable {
  readonly owner: number;
  readonly writer: LogWriter;
  readonly mover: SegmentMover;
  readonly lease: Lease;
}

/** Registers a new owner. Disposing stops its timers and its journal; the lease itself is the caller's to end. */
export async function incarnate(options: IncarnationOptions): Promise<Incarnation> {
  const { store, lives, leaseMs, onClaimed, onTrouble } = options;
  const { owner } = await store.execute('registerOwner', { leaseMs });
  const onFenced = (): void => options.onFenced(owner);
  const writer = new LogWriter({
    store,
    owner,
    onFenced,
    onRetry: (error, tries) => onTrouble(error, 'writing the journal failed and is tried again', { tries }),
  });
  const mover = new SegmentMover({
    store,
    owner,
    writer,
    lives,
    onError: (error) => onTrouble(error, 'moving events to segments failed and is tried again'),
  });
  const lease = new Lease({
    store,
    owner,
    leaseMs,
    onFenced,
    onClaimed,
    onError: (error) => onTrouble(error, 'renewing the lease failed and is tried again'),
  });
  return {
    owner,
    writer,
    mover,
    lease,
    [Symbol.dispose]() {
      lease[Symbol.dispose]();
      mover[Symbol.dispose]();
      writer.close();
    },
  };
}
