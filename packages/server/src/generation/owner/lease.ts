/** Keeps this process incarnation's lease, and claims what dead ones left. */
import { abortable } from '../../concurrency/abortable.ts';
import { every, type Repetition } from '../../concurrency/every.ts';
import type { Store } from '../../store/store.ts';

export interface LeaseOptions {
  readonly store: Pick<Store, 'execute' | 'engine'>;
  readonly owner: number;
  readonly leaseMs: number;
  /** Another process took over; this one may write to none of its generations. */
  onFenced(): void;
  /** Generations of dead owners that are this process's now. */
  onClaimed(generationIds: readonly string[]): void;
  /** Whether to claim now. */
  isTakingOver(): boolean;
  onError(error: unknown): void;
}

export class Lease implements Disposable {
  readonly #options: LeaseOptions;
  readonly #renewals: Repetition;

  constructor(options: LeaseOptions) {
    this.#options = options;
    const { leaseMs, onError } = options;
    // A renewal on a broken connection may hang: it must not hold up the next one.
    const renew = () => abortable(this.#renew(), AbortSignal.timeout(leaseMs / 4));
    this.#renewals = every(leaseMs / 3, renew, onError);
  }

  async #renew(): Promise<void> {
    const { store, owner, leaseMs, onFenced, isTakingOver } = this.#options;
    if ((await store.execute('renewLease', { owner, leaseMs })) === 'fenced') {
      this[Symbol.dispose]();
      onFenced();
      return;
    }
    // A data directory has one server, so no other owner can have died meanwhile.
    if (store.engine === 'postgres' && isTakingOver()) await this.claim();
  }

  async claim(): Promise<void> {
    const { store, owner, onClaimed } = this.#options;
    const { generationIds } = await store.execute('claimDeadOwners', { owner, all: false });
    if (generationIds.length > 0) onClaimed(generationIds);
  }

  [Symbol.dispose](): void {
    this.#renewals[Symbol.dispose]();
  }
}
