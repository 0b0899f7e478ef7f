/** Ephemeral generations that nobody reads or waits for any more. */
import type { LiveGeneration } from '../log/live-generation.ts';

export class Abandoned {
  readonly #afterMs: number;
  /** Since when nobody listens, in epoch milliseconds. */
  readonly #since = new WeakMap<LiveGeneration, number>();

  /** `afterMs` 0: nothing is ever abandoned. */
  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  /** Those that nobody has listened to for so long; call it again and again. */
  *among(lives: Iterable<LiveGeneration>, now: number): Generator<LiveGeneration> {
    if (this.#afterMs === 0) return;
    for (const live of lives) {
      if (live.identity.isEphemeral !== true) continue;
      if (live.listenerCount > 0) {
        this.#since.delete(live);
        continue;
      }
      const since = this.#since.get(live) ?? now;
      if (now - since >= this.#afterMs) yield live;
      else this.#since.set(live, since);
    }
  }
}
