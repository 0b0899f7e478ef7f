/** One life of this process as an owner: its lease, its journal, and the moving of its events to segments. */
import { AppError } from '../../domain/errors.ts';
import type { Store } from '../../store/store.ts';
import type { LiveGeneration } from '../log/live-generation.ts';
import { LogWriter } from '../log/log-writer.ts';
import { SegmentMover } from '../log/segment-mover.ts';
import { Lease } from './lease.ts';

export interface IncarnationOptions {
  readonly store: Store;
  readonly lives: Iterable<LiveGeneration>;
  readonly leaseMs: number;
  /** Also claims from owners whose lease has not run out; right only where none of them can be alive. */
  readonly claimAll: boolean;
  /** Whether it claims what other processes leave, now. */
  isTakingOver(): boolean;
  /** Whether servers read by the store alone what this one runs, so that events must get into segments soon. */
  isHurried(): boolean;
  /** Another process claimed this owner's generations: it may write to none of them any more. */
  onFenced(owner: number): void;
  /** Generations of owners that died later and are this one's now. */
  onClaimed(generationIds: readonly string[]): void;
  onTrouble(error: unknown, message: string, details?: object): void;
  /** A row of the journal is committed, within so many milliseconds. */
  readonly onCommitted?: ((ms: number) => void) | undefined;
}

export interface Incarnation extends Disposable {
  readonly owner: number;
  readonly writer: LogWriter;
  readonly mover: SegmentMover;
  /** Generations of dead owners that are this one's from the start. */
  readonly claimed: readonly string[];
  /** Claims what dead owners left, without waiting for the next renewal. */
  claim(): Promise<void>;
}

/**
 * Registers a new owner, who claims what dead ones left. Disposing stops its timers and its journal; the lease itself
 * is the caller's to end.
 */
export async function incarnate(options: IncarnationOptions): Promise<Incarnation> {
  const { store, lives, leaseMs, onClaimed, onTrouble } = options;
  const { owner, claimed } = await register(options);
  const onFenced = (): void => options.onFenced(owner);
  const writer = new LogWriter({
    store,
    owner,
    onFenced,
    ...(options.onCommitted && { onCommitted: options.onCommitted }),
    onRetry: (error, tries) => onTrouble(error, 'writing the journal failed and is tried again', { tries }),
  });
  const mover = new SegmentMover({
    store,
    owner,
    writer,
    lives,
    isHurried: options.isHurried,
    onError: (error) => onTrouble(error, 'moving events to segments failed and is tried again'),
  });
  const lease = new Lease({
    store,
    owner,
    leaseMs,
    onFenced,
    onClaimed,
    isTakingOver: options.isTakingOver,
    onError: (error) => onTrouble(error, 'renewing the lease failed and is tried again'),
  });
  return {
    owner,
    writer,
    mover,
    claimed,
    claim: () => lease.claim(),
    [Symbol.dispose]() {
      lease[Symbol.dispose]();
      mover[Symbol.dispose]();
      writer.close();
    },
  };
}

/** A new owner that has claimed. On a slow machine its lease may run out before that, and another process fence it. */
async function register({
  store,
  leaseMs,
  claimAll,
}: IncarnationOptions): Promise<{ readonly owner: number; readonly claimed: readonly string[] }> {
  for (;;) {
    const { owner } = await store.execute('registerOwner', { leaseMs });
    try {
      const { generationIds } = await store.execute('claimDeadOwners', { owner, all: claimAll });
      return { owner, claimed: generationIds };
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'interrupted')) throw error;
    }
  }
}
