/** Keeps this process incarnation's lease, and claims what dead ones left. */
import type { Store } from '../../store/store.ts';

export interface LeaseOptions {
  readonly store: Pick<Store, 'execute' | 'engine'>;
  readonly owner: number;
  readonly leaseMs: number;
  /** Another process took over; this one may write to none of its generations. */
  onFenced(): void;
  /** Generations of dead owners that are this process's now. */
  onClaimed(generationIds: readonly string[]): void;
  onError(error: unknown): void;
}

export class Lease implements Disposable {
  readonly #options: LeaseOptions;
  readonly #timer: NodeJS.Timeout;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#renew().catch(options.onError);
    }, options.leaseMs / 3);
    this.#timer.unref();
  }

  async #renew(): Promise<void> {
    const { store, owner, leaseMs, onFenced } = this.#options;
    if ((await store.execute('renewLease', { owner, leaseMs })) === 'fenced') {
      this[Symbol.dispose]();
      onFenced();
      return;
    }
    // One data directory has one server: nobody else can have died meanwhile.
    if (store.engine === 'postgres') await this.claim(false);
  }

  /** `all`: also owners whose lease has not run out; right only where none of them can be alive. */
  async claim(all: boolean): Promise<void> {
    const { store, owner, onClaimed } = this.#options;
    const { generationIds } = await store.execute('claimDeadOwners', { owner, all });
    if (generationIds.length > 0) onClaimed(generationIds);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
